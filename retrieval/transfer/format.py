"""The file between two libraries: packed lines of JSON (``docs/moving.md`` shows them).

The first line says whose vectors they are, the last how many lines there should be, with a hash of
all before it.
"""

from dataclasses import dataclass

VERSION = 1
"""Of the format; goes up with every change that an older or newer Quoth could not read."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    articles: int
    passages: int
    files: int
