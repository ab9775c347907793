"""What an encoder is, whatever runs it."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimension); every row has length 1."""

_ROUNDING = 0.002  # of a length, by float16

Progress = Callable[[int, int], None]
"""Called with how many texts are done, and of how many."""


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into unit vectors, so that a dot product is their cosine similarity.

    Attributes:
        identity: the model's name and the hash of its files (on the hub: of its name): vectors
            of the same identity may be compared, whatever runs the model.
        dimension: the length of a vector.
    """

    @property
    def identity(self) -> str: ...  # noqa: D102 - told above

    @property
    def dimension(self) -> int: ...  # noqa: D102 - told above

    def encode_query(self, text: str) -> Vectors:
        """Encode one question. Returns shape (1, dimension)."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages, however long: nothing is cut off unseen."""
        ...


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Scale each row to length 1. The one place where vectors are normalised.

    A row of zeros stays as it is: it is similar to nothing.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    lengths[lengths == 0] = 1
    scaled: Vectors = rows / lengths
    return scaled


def sound(vectors: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Say of each row whether ``unit`` could have made it and float16 kept it."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt((rows * rows).sum(axis=1))
    fine: NDArray[np.bool_] = (np.abs(lengths - 1) < _ROUNDING) | (lengths == 0)
    return fine
