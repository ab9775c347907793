"""Recall of an approximate index, measured against exact search over all vectors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.library.local.reader import LocalReader
from retrieval.models.encoder.base import Vectors

Scores = NDArray[np.float32]

_BATCH = 32_768  # vectors read together
_ROUNDING = 1e-4


def recall_at(found: Sequence[Scores], wanted: Sequence[Scores]) -> float:
    """The mean share of the wanted that were found, by score: one text may be in two places."""
    there = [
        (scores[: len(best)] >= best[-1] - _ROUNDING).sum() / len(best)
        for scores, best in zip(found, wanted, strict=True)
        if len(best)
    ]
    return float(np.mean(there))


def exact_scores(opened: LocalReader, asked: Vectors, top: int) -> Vectors:
    """The scores of the nearest passages by exact search, shape (questions, top), best first."""
    scores = np.full((len(asked), top), -1, dtype=np.float32)
    for _, vectors in opened.vectors_since(0, _BATCH):
        scores = np.hstack([scores, asked @ vectors.astype(np.float32).T])
        scores = -np.partition(-scores, top - 1, axis=1)[:, :top]
    nearest: Vectors = -np.sort(-scores, axis=1)
    return nearest
