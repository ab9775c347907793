"""How much terms count: the same for every kind of library."""

import math

FIELD_WEIGHTS = {"text": 1.0, "title": 0.5, "around": 1.0}
"""Of a term found in the passage, in its article's title and date, and in the passages around it
(itself included), which say what it is about (benchmarks/quality/search.py)."""

SMOOTHING_PASSAGES = 1_000
"""Passages without the term that ``rarity`` is given besides: in a library of one article a term
would otherwise count for little just because it is there."""


def rarity(holding: float, total: float) -> float:
    """BM25's inverse document frequency: ``ln(1 + (N - n + 0.5) / (n + 0.5))``.

    Args:
        holding: n, the passages with the term.
        total: N, all passages.
    """
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))
