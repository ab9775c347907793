"""Words and vectors together: the candidates for an answer.

Each half finds its best passages; each passage that either found is then scored by both; each
half's scores are standardised over these candidates (less their mean, over their standard
deviation) and added. Measured against reciprocal rank fusion and other ways in
``benchmarks/search.py``.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.encoding.encoder import Vectors
from retrieval.errors import LibraryError
from retrieval.library.folder import writer_lock
from retrieval.library.reader import Library
from retrieval.search.filter import Filter
from retrieval.search.vectors import VectorIndex
from retrieval.search.words import WordIndex

DEPTH = 100
"""How many passages each half finds."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer.

    Attributes:
        id: of the passage.
        score: both halves together; comparable within one question.
        words: its BM25 score; 0 without a word of the question.
        cosine: of its vector with the question's; None while it waits for its vector.
    """

    id: int
    score: float
    words: float
    cosine: float | None


class Searcher:
    """Searches a library, keeping both indexes in step with it. Not for two threads at once.

    Args:
        library: what is searched.
        dimension: of the encoder's vectors.
    """

    def __init__(self, library: Library, dimension: int) -> None:
        self._library = library
        self.words = WordIndex(library.edition.words)
        self.vectors = VectorIndex(library.edition.vectors, dimension)

    def catch_up(self) -> None:
        """See what was committed since the last question. Call it inside a snapshot.

        Whoever indexes keeps the word index. Only where it was killed before it could, or the
        index is damaged, is the work done here; not while somebody writes, since asking never
        waits for indexing.
        """
        generation = self._library.text_generation()
        if self.words.generation != generation:
            self.words.refresh()
        if self.words.generation != generation:
            with contextlib.suppress(LibraryError), writer_lock(self._library.path, wait=0):
                self.words.catch_up(self._library)
        self.vectors.catch_up(self._library)

    def search(self, question: str, vector: Vectors, within: Filter) -> list[Candidate]:
        """Find the candidates for an answer, best first.

        Args:
            question: as it was asked.
            vector: of the question, shape (1, dimension).
            within: which articles; both halves look at no others.
        """
        only = (
            self._library.passages_within(within.since, within.until, within.source)
            if within
            else None
        )
        by_words = self.words.search(question, DEPTH, within)
        by_vector = self.vectors.search(vector, DEPTH, only)
        ids = np.union1d(by_words.ids, by_vector.ids)
        if not len(ids):
            return []

        words = dict(zip(by_words.ids.tolist(), by_words.scores.tolist(), strict=True))
        others = [number for number in ids.tolist() if number not in words]
        rest = self.words.score(question, others)
        words.update(zip(rest.ids.tolist(), rest.scores.tolist(), strict=True))

        cosines = dict(zip(by_vector.ids.tolist(), by_vector.scores.tolist(), strict=True))
        others = [number for number in ids.tolist() if number not in cosines]
        for number, stored in self._library.vectors_of(others).items():
            cosines[number] = float(vector[0] @ stored.astype(np.float32))

        # No word of the question is a BM25 score of 0; no vector yet says nothing either way,
        # and counts as the worst that was found.
        worst = min(cosines.values(), default=0.0)
        score = _standardised(ids, words, 0.0) + _standardised(ids, cosines, worst)
        return [
            Candidate(
                int(ids[n]), float(score[n]), words.get(int(ids[n]), 0.0), cosines.get(int(ids[n]))
            )
            for n in np.argsort(-score, kind="stable")
        ]


def _standardised(
    ids: NDArray[np.int64], scores: Mapping[int, float], otherwise: float
) -> NDArray[np.float64]:
    """Scores in the order of ``ids``, less their mean, over their standard deviation."""
    values = np.array([scores.get(int(number), otherwise) for number in ids])
    spread = values.std()
    standard: NDArray[np.float64] = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return standard
