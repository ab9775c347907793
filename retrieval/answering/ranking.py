"""What the search and the reader saw of passages, weighed: their order, and how sure it is.

The numbers stand in ``retrieval/models/reader/weights.json``, beside the model that they belong
to; ``training/calibrate.py`` fits them and says on what.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from retrieval.models.reader import UNREAD, ReaderOutput
from retrieval.models.reader.model import MODEL

WEIGHTS_FILE = "weights.json"

TYPICAL_COSINE = 0.5
"""What a passage that still waits for its vector is taken to have."""

_LEANING = 2.0
"""What the search counts more for a question that leans on those before it: the search knows what
it is about, and the reader reads it as it was asked."""

# Of the best passage with other words marked. More says no more: of a question that only looks
# answerable one passage is far ahead too.
_FAR_AHEAD = 1.5


@dataclass(frozen=True, slots=True)
class OrderWeights:
    """What each thing counts for the order of a question's passages.

    Attributes:
        relevance: the reader's.
        margin: of the best span over "no answer here".
        search: the search's score.
    """

    relevance: float
    margin: float
    search: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the first quote, as numbers for a logistic regression.

    Attributes:
        relevance: the reader's.
        lead: how far its score is ahead of the best passage in which other words are marked.
        cosine: similarity of the question and the passage.
        coverage: the share of the question's words found in the passage or its title, each
            weighted by how rare it is in the library.
    """

    relevance: float
    lead: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """What each thing counts for the confidence, and what it starts from.

    Attributes:
        passages: of a library of this size.
    """

    passages: int
    intercept: float
    relevance: float
    lead: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class UnreadWeights:
    """What each thing counts for the confidence where the reader did not read."""

    intercept: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted numbers.

    Attributes:
        order: for the order.
        small: for the confidence in a small library.
        large: for the confidence in a large one, in which more looks right by chance.
        unread: for the confidence where the reader did not read.
    """

    order: OrderWeights
    small: ConfidenceWeights
    large: ConfidenceWeights
    unread: UnreadWeights


@cache
def fitted() -> Weights:
    """Read the numbers that were fitted for the reader."""
    stored = json.loads((MODEL / WEIGHTS_FILE).read_text(encoding="utf-8"))
    return Weights(
        OrderWeights(**stored["order"]),
        ConfidenceWeights(**stored["small"]),
        ConfidenceWeights(**stored["large"]),
        UnreadWeights(**stored["unread"]),
    )


def order(reading: ReaderOutput, search: float, *, leans: bool = False) -> float:
    """Where a passage stands among a question's: a logit, but for what they have in common.

    Args:
        reading: what the reader says of it.
        search: what the search says of it.
        leans: whether the question leans on those before it.
    """
    weights = fitted().order
    return (
        weights.relevance * reading.relevance
        + weights.margin * reading.margin
        + weights.search * (_LEANING if leans else 1.0) * search
    )


def evidence(reading: ReaderOutput, lead: float, cosine: float | None, covered: float) -> Evidence:
    """What speaks for the first quote; ``cosine`` is None where there is no vector yet."""
    return Evidence(
        relevance=reading.relevance,
        lead=min(lead, _FAR_AHEAD),
        cosine=TYPICAL_COSINE if cosine is None else cosine,
        coverage=covered,
    )


def probability(seen: Evidence, passages: int) -> float:
    """The probability that the first quote answers the question, by logistic regression.

    Args:
        seen: what speaks for it.
        passages: how many the library has. Between the sizes that the weights were fitted for, the
            logit goes over from one to the other with the logarithm of the size.
    """
    weights = fitted()
    if seen.relevance <= UNREAD.relevance:
        logit = _logit(weights.unread, seen)
    else:
        large = size(passages, weights.small.passages, weights.large.passages)
        logit = (1 - large) * _logit(weights.small, seen) + large * _logit(weights.large, seen)
    return 1 / (1 + math.exp(-logit))


def size(passages: int, small: int, large: int) -> float:
    """Where a library's size is between two others on a logarithmic scale, from 0 to 1."""
    share = math.log(max(1, passages) / small) / math.log(large / small)
    return min(1.0, max(0.0, share))


def _logit(weights: ConfidenceWeights | UnreadWeights, seen: Evidence) -> float:
    parts = (
        float(getattr(weights, field.name) * getattr(seen, field.name))
        for field in fields(Evidence)
        if hasattr(weights, field.name)
    )
    return weights.intercept + sum(parts)


def coverage(weights: Mapping[str, float], words: Sequence[str]) -> float:
    """How much of a question's words is among some others, by weight, from 0 to 1."""
    total = sum(weights.values())
    if not total:
        return 0.0
    there = set(words)
    return sum(weight for word, weight in weights.items() if word in there) / total
