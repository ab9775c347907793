"""The file between two libraries: packed lines of JSON (``docs/moving.md`` shows them).

The first line says whose vectors they are, the last how many lines there should be, with a hash of
all before it.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.documents.article import Article
from retrieval.documents.passages import Passage

VERSION = 1
"""Of the format; goes up with every change that an older or newer Quoth could not read."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file holds.

    Attributes:
        encoder: whose vectors.
        dimension: of each.
        numbers: how each number of a vector is kept.
    """

    encoder: str
    dimension: int
    numbers: Literal["float16", "float32"]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The same for numpy; the lowest byte of a number comes first."""
        return np.dtype(self.numbers).newbyteorder("<")


@dataclass(frozen=True, slots=True)
class Packed:
    """An article with all that was made of it.

    Attributes:
        article: the article.
        file: that it came from.
        passages: in order.
        vectors: of the passages, one a row.
    """

    article: Article
    file: str
    passages: list[Passage]
    vectors: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is.

    Attributes:
        articles: how many.
        passages: of them.
        files: that they came from.
    """

    articles: int
    passages: int
    files: int
