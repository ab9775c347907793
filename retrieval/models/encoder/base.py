"""The protocol of encoders, and L2 normalisation."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimension); every row has length 1."""

_FLOAT16_TOLERANCE = 0.002  # of a length

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
    def identity(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode_query(self, text: str) -> Vectors:
        """Encode one question. Returns shape (1, dimension)."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages, of any length: none is truncated.

        Args:
            texts: see ``encoder_text``.
            progress: told how many are done.

        Returns:
            Shape (texts, dimension), in their order.
        """
        ...


def l2_normalise(vectors: NDArray[np.floating]) -> Vectors:
    """Scale each row to length 1 (L2 norm). The one place where vectors are normalised.

    Args:
        vectors: shape (texts, dimension). A row of zeros stays as it is: it is similar to nothing.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    lengths[lengths == 0] = 1
    scaled: Vectors = rows / lengths
    return scaled


def is_unit_length(vectors: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Whether each row has length 1, within the rounding of float16, or is all zeros.

    Args:
        vectors: shape (texts, dimension).

    Returns:
        Shape (texts,). Anything else was not made by ``l2_normalise``, or is damaged.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt((rows * rows).sum(axis=1))
    fine: NDArray[np.bool_] = (np.abs(lengths - 1) < _FLOAT16_TOLERANCE) | (lengths == 0)
    return fine
