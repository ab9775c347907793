"""A library on its way from one place to another: its articles with their vectors."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.documents.article import Article
from retrieval.documents.passages import Passage


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """What a file holds.

    Attributes:
        numbers: how each number of a vector is kept.
    """

    encoder: str
    dimension: int
    numbers: Literal["float16", "float32"]

    @property
    def identity(self) -> str:
        """The encoder, as a ``VectorSpace`` names it."""
        return self.encoder

    @property
    def dtype(self) -> np.dtype[Any]:
        """The same for numpy; the lowest byte of a number comes first."""
        return np.dtype(self.numbers).newbyteorder("<")


@dataclass(frozen=True, slots=True)
class ExportedArticle:
    """An article with all that was made of it.

    Attributes:
        passages: in order.
        vectors: of the passages, one a row.
    """

    article: Article
    file: str
    passages: list[Passage]
    vectors: NDArray[np.floating]
