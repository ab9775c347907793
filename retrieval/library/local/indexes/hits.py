"""What both halves of the search return."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Hits:
    """Passages and their scores, best first.

    Attributes:
        ids: passage ids, shape (n,).
        scores: shape (n,); higher is better.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]

    @classmethod
    def none(cls) -> "Hits":
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))

    def by_id(self) -> dict[int, float]:
        """Each passage's score by its id, best first."""
        return dict(zip(self.ids.tolist(), self.scores.tolist(), strict=True))
