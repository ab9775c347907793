"""How sure an answer is: a first, honest estimate from what the search saw."""

import math
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


_INTERCEPT, _COSINE, _COVERAGE = -4.0, 5.0, 3.0
_TYPICAL_COSINE = 0.5


def probability(evidence: Evidence) -> float:
    """The probability that the quote answers the question."""
    cosine = _TYPICAL_COSINE if evidence.cosine is None else evidence.cosine
    logit = _INTERCEPT + _COSINE * cosine + _COVERAGE * evidence.coverage
    return 1 / (1 + math.exp(-logit))
