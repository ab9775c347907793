"""What the layers above need of a library, wherever it is; ``store.py`` opens one by its place."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from retrieval.documents.analyzer import Analyzer
from retrieval.documents.article import Article
from retrieval.library.filter import Filter
from retrieval.library.local.searcher import Candidate
from retrieval.library.records import FileRecord, LibraryState
from retrieval.models.encoder.base import Vectors


@dataclass(frozen=True, slots=True)
class Status:
    """What a library holds.

    Attributes:
        state: how much, and of which generation.
        pending: passages that have no vector yet.
        encoder: whose vectors it holds; None where it never got any.
        bytes: that it takes; None where that is not known here.
    """

    state: LibraryState
    pending: int
    encoder: str | None
    bytes: int | None


class ReadLibrary(Protocol):
    """A library opened for reading. Not for two threads at once; its methods raise LibraryError."""

    def close(self) -> None:
        """Let go of it."""

    def snapshot(self) -> AbstractContextManager[LibraryState]:
        """A block in which it is read."""

    def article(self, article_id: str) -> Article | None:
        """Read an article by its id, checking its text against its hash."""

    def list_articles(self) -> Iterator[tuple[str, str | None, str, str | None]]:
        """Each article's id, date, title and source, newest first, those without a date last."""


class NumberedArticles(Protocol):
    """Where candidates find their articles."""

    def articles_by_number(self, numbers: Iterable[int]) -> Mapping[int, Article]:
        """Read the articles that candidates name by these numbers."""


class AskedLibrary(NumberedArticles, Protocol):
    """A library opened for questions. Not for two threads at once; its methods raise LibraryError.

    Attributes:
        analyzer: what takes texts apart as it does.
        notice: what it lacks, in a line for whoever opens it, or None.
    """

    analyzer: Analyzer
    notice: str | None

    def close(self) -> None:
        """Let go of it."""

    def follow(self) -> None:
        """Go over to what is in its place now; raises MismatchError where that does not fit."""

    def snapshot(self) -> AbstractContextManager[LibraryState]:
        """A block in which what was found can be read, whatever others write."""

    def search(
        self, question: str, vector: Vectors, within: Filter, carried: Mapping[str, float]
    ) -> list[Candidate]:
        """Find the candidates for an answer, best first; see ``search.hybrid.Searcher``."""

    def weights(self, question: str) -> dict[str, float]:
        """How much each different word of a question tells: how rare it is among the passages."""

    def article(self, article_id: str) -> Article | None:
        """Read an article by its id, checking its text against its hash."""

    def article_with(self, key: str) -> Article | None:
        """Read an article by the ``id_key`` of its id."""


class KnownFiles(Protocol):
    """What indexing asks a library about the files that it was made of."""

    def files_known_under(self, path: str) -> Mapping[str, tuple[FileRecord, int]]:
        """The indexed files at or under a path: what was known, and how many articles it has."""

    def ids_from(self, file: str) -> Collection[str]:
        """The ids of the articles that came from a file."""
