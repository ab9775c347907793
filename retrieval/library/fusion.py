"""Fuses both halves of a search, words and vectors, into the candidates for an answer.

Each half finds its best passages; each passage that either found is then scored by both; each
half's scores are standardised over these candidates (less their mean, over their standard
deviation) and added. What stands early in its article gets a little more: news says the main
thing first. ``benchmarks/quality/search.py`` measures each part, and reciprocal rank fusion beside
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.library.records import PassageRow

DEPTH = 100
"""How many passages each half finds."""

LEAD = 0.5
"""What a passage loses for each time that its paragraph is e times as far down, in standard
deviations of one half's scores."""

_DEEP = 20  # paragraphs: below it all are equally far from the lead


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer.

    Attributes:
        score: everything together; comparable within one question.
        cosine: of its vector with the question's; None while it waits for its vector.
    """

    passage: PassageRow
    score: float
    cosine: float | None


def fuse(
    passages: Sequence[PassageRow], words: Mapping[int, float], cosines: Mapping[int, float]
) -> list[Candidate]:
    """Passages as candidates, best first.

    Args:
        words: their BM25 scores by their ids; without one they have no word of the question.
        cosines: of their vectors with the question's; without one they wait for theirs.
    """
    if not passages:
        return []
    ids = [passage.id for passage in passages]
    # No word of the question is a BM25 score of 0; no vector yet says nothing either way,
    # and counts as the worst that was found.
    worst = min(cosines.values(), default=0.0)
    depth = np.log(np.minimum([passage.paragraph for passage in passages], _DEEP))
    score = _standardised(ids, words, 0.0) + _standardised(ids, cosines, worst) - LEAD * depth
    scores = score.tolist()
    return [
        Candidate(passages[n], scores[n], cosines.get(ids[n]))
        for n in np.argsort(-score, kind="stable").tolist()
    ]


def _standardised(
    ids: Sequence[int], scores: Mapping[int, float], otherwise: float
) -> NDArray[np.float64]:
    """Scores in the order of ``ids``, less their mean, over their standard deviation."""
    values = np.array([scores.get(number, otherwise) for number in ids])
    spread = values.std()
    standard: NDArray[np.float64] = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return standard
