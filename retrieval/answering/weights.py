"""The weights of ranking and confidence, fitted to the reader that they are stored beside.

``training/calibrate.py`` fits them, writes ``retrieval/models/reader/weights.json``, and says on
what.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from retrieval.models.reader.model import MODEL_FOLDER

WEIGHTS_FILE = "weights.json"


@dataclass(frozen=True, slots=True)
class OrderWeights:
    """Of the rank score, a linear combination.

    Attributes:
        margin: of the best span's margin over "no answer here".
        search: of the search's score.
    """

    relevance: float
    margin: float
    search: float


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """Of the confidence, a logistic regression on ``ConfidenceFeatures``.

    Attributes:
        passages: of the library that they were fitted in.
    """

    passages: int
    intercept: float
    relevance: float
    lead: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class UnreadWeights:
    """Of the confidence where the reader did not read."""

    intercept: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """All of them.

    Attributes:
        order: of the rank score.
        small: of the confidence in a small library.
        large: of the confidence in a large one, in which more looks right by chance.
        unread: of the confidence where the reader did not read.
    """

    order: OrderWeights
    small: ConfidenceWeights
    large: ConfidenceWeights
    unread: UnreadWeights

    @classmethod
    def from_dict(cls, stored: Mapping[str, Mapping[str, Any]]) -> "FittedWeights":
        """The weights as ``dataclasses.asdict`` gives them."""
        return cls(
            OrderWeights(**stored["order"]),
            ConfidenceWeights(**stored["small"]),
            ConfidenceWeights(**stored["large"]),
            UnreadWeights(**stored["unread"]),
        )


@cache
def fitted_weights() -> FittedWeights:
    stored = json.loads((MODEL_FOLDER / WEIGHTS_FILE).read_text(encoding="utf-8"))
    return FittedWeights.from_dict(stored)
