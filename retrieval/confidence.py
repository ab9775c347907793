"""How sure an answer is: a first, honest estimate from what the search saw."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a quote.

    Attributes:
        cosine: similarity of the question and the passage; None without a vector yet.
        coverage: the share of the question's words found in the passage or its title, each
            weighted by how rare it is in the library.
    """

    cosine: float | None
    coverage: float


def coverage(weights: Mapping[str, float], words: Sequence[str]) -> float:
    """How much of a question's words is among some others, by weight, from 0 to 1."""
    total = sum(weights.values())
    if not total:
        return 0.0
    there = set(words)
    return sum(weight for word, weight in weights.items() if word in there) / total


TYPICAL_COSINE = 0.5
"""What a passage that still waits for its vector is taken to have."""

# Fitted by benchmarks/confidence.py, which also measures how honest the outcome is.
_INTERCEPT, _COSINE, _COVERAGE = -5.09, 2.27, 5.31


def probability(evidence: Evidence) -> float:
    """The probability that the quote answers the question, by logistic regression."""
    cosine = TYPICAL_COSINE if evidence.cosine is None else evidence.cosine
    logit = _INTERCEPT + _COSINE * cosine + _COVERAGE * evidence.coverage
    return 1 / (1 + math.exp(-logit))
