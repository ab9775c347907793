"""What the search and the reader saw of passages, weighed: their order, and how sure it is.

The numbers stand in ``retrieval/models/reader/weights.json``, beside the model that they belong
to; ``training/calibrate.py`` fits them and says on what.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from retrieval.reader import NOT_READ, Reading
from retrieval.reader.model import MODEL

WEIGHTS_FILE = "weights.json"

TYPICAL_COSINE = 0.5
"""What a passage that still waits for its vector is taken to have."""

_FAR_AHEAD = 5.0  # of the next passage: more says no more


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
        margin: of its best span over "no answer here".
        lead: how far its score is ahead of the best passage in which other words are marked.
        cosine: similarity of the question and the passage.
        coverage: the share of the question's words found in the passage or its title, each
            weighted by how rare it is in the library.
    """

    relevance: float
    margin: float
    lead: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """What each thing counts for the confidence, and what it starts from."""

    intercept: float
    relevance: float
    margin: float
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
    """The fitted numbers."""

    order: OrderWeights
    confidence: ConfidenceWeights
    unread: UnreadWeights


@cache
def fitted() -> Weights:
    """Read the numbers that were fitted for the reader."""
    stored = json.loads((MODEL / WEIGHTS_FILE).read_text(encoding="utf-8"))
    return Weights(
        OrderWeights(**stored["order"]),
        ConfidenceWeights(**stored["confidence"]),
        UnreadWeights(**stored["unread"]),
    )


def order(reading: Reading, search: float) -> float:
    """Where a passage stands among a question's: a logit, but for what they have in common."""
    weights = fitted().order
    return (
        weights.relevance * reading.relevance
        + weights.margin * reading.margin
        + weights.search * search
    )


def evidence(reading: Reading, lead: float, cosine: float | None, covered: float) -> Evidence:
    """What speaks for the first quote; ``cosine`` is None where there is no vector yet."""
    return Evidence(
        relevance=reading.relevance,
        margin=reading.margin,
        lead=min(lead, _FAR_AHEAD),
        cosine=TYPICAL_COSINE if cosine is None else cosine,
        coverage=covered,
    )


def probability(seen: Evidence) -> float:
    """The probability that the first quote answers the question, by logistic regression."""
    read = seen.relevance > NOT_READ.relevance
    weights = fitted().confidence if read else fitted().unread
    logit = weights.intercept + sum(
        getattr(weights, field.name) * getattr(seen, field.name)
        for field in fields(weights)
        if field.name != "intercept"
    )
    return 1 / (1 + math.exp(-logit))


def coverage(weights: Mapping[str, float], words: Sequence[str]) -> float:
    """How much of a question's words is among some others, by weight, from 0 to 1."""
    total = sum(weights.values())
    if not total:
        return 0.0
    there = set(words)
    return sum(weight for word, weight in weights.items() if word in there) / total
