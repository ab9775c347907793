"""What an indexing run tells while it goes on, and what it has done at the end."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from retrieval.errors import ReadingError

Change = Literal["added", "updated", "unchanged"]
"""What became of an article that was put into a library."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Callbacks of a run.

    Attributes:
        problem: called with each file or line that was skipped.
        progress: called with the stage, how much of it is done, and of how many (0: unknown).
    """

    problem: Callable[[ReadingError], None] = lambda error: None
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None


@dataclass(slots=True)
class Summary:
    """Counts of a run, in articles.

    ``failed`` counts files and lines, ``waiting`` files that were still being written.
    """

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: int = 0
    waiting: int = 0

    def add(self, other: "Summary") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def count(self, outcome: Change) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)


def same_id(file: str, article_id: str, owner: str) -> ReadingError:
    """The error for a file with an article whose id an article of another file, the owner, has."""
    return ReadingError(
        file, f"has an article with the id {article_id}, and so has {owner}; change one"
    )
