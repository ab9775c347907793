"""What every kind of library can do. ``retrieval.library.open`` gives the one at a location.

    Library         a location: what is there, and ways to open it
    LibraryReader   articles, files and feeds, to read
    LibrarySearcher candidates for answers
    ExportSource    all of it, with vectors

``writing.py`` has the ``WriteSession``, the one way to change a library.

All methods raise ``LibraryError``; ``snapshot`` blocks give one consistent state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # whoever reads a setting imports this, and needs none of it
    from retrieval.documents.analyzer import Analyzer
    from retrieval.documents.article import Article
    from retrieval.library.exported import ExportedArticle, ExportHeader
    from retrieval.library.feed_records import FeedRecord, ItemRecord
    from retrieval.library.filter import Filter
    from retrieval.library.fusion import Candidate
    from retrieval.library.progress import Reporter
    from retrieval.library.records import (
        ArticleHead,
        FileRecord,
        LibraryState,
        ListedArticle,
        RolledBack,
        Status,
        VectorSpace,
    )
    from retrieval.library.report import Repaired, Report
    from retrieval.library.writing import WriteSession
    from retrieval.models.encoder.base import Encoder, Vectors


class Library(Protocol):
    """A library at a location, whether there is one yet or not. Holds nothing open."""

    @property
    def folder(self) -> Path | None:
        """The folder on this machine that it keeps its files in; None where there is none."""

    def exists(self) -> bool:
        """Whether there is a library; LibraryError where that can't be known."""

    def status(self) -> Status:
        """Counts, encoder and size."""

    def reader(self) -> LibraryReader: ...

    def reader_if_made(self) -> LibraryReader | None:
        """Open it for reading; None where there is none, and one could be made."""

    def searcher(self, encoder: Encoder) -> LibrarySearcher:
        """Open it for questions; MismatchError where another encoder made it."""

    def session(
        self, encoder: VectorSpace | None, reporter: Reporter, *, wait: float | None = None
    ) -> AbstractContextManager[WriteSession]:
        """Open it for writing, made where there is none.

        Entering claims the library and drops what its indexes have beyond what is committed (a
        restored backup is older than they are). Leaving without an error brings the indexes up to
        what was committed.

        Args:
            encoder: whose vectors it holds; None for changes that bring no articles, with which
                a server's library is not made. An ``Encoder``, where articles are to be encoded.
            reporter: hears of problems and progress.
            wait: seconds to wait for another process that writes; by default two.

        Raises:
            LockedError: another process writes for longer.
            MismatchError: another encoder made it.
        """

    def export_source(self) -> AbstractContextManager[ExportSource]:
        """Open it for export; LibraryError where it holds nothing, or passages lack vectors."""

    def verify(self, reporter: Reporter) -> Report:
        """Check everything; nothing is written."""

    def repair(self, encoder: Encoder, reporter: Reporter) -> Repaired:
        """Check it, repair what can be repaired, and check it again."""

    def require_editions(self, what: str) -> None:
        """Check that it can be rebuilt beside itself and rolled back.

        Args:
            what: needs that, for the message.

        Raises:
            NeedsFolderError: it cannot.
        """

    def rebuild(self, encoder: Encoder, reporter: Reporter) -> int:
        """Build it anew beside the old one, then swap; returns the number of articles."""

    def roll_back(self) -> RolledBack:
        """Go back to the edition before the last rebuild."""


class KnownFiles(Protocol):
    """The files that a library was made of."""

    def files_known_under(self, path: str) -> Mapping[str, tuple[FileRecord, int]]:
        """The indexed files at or under a path: what was known, and how many articles it has."""

    def ids_from(self, file: str) -> Collection[str]:
        """The ids of the articles that came from a file or address."""


class LibraryReader(KnownFiles, Protocol):
    """A library opened for reading. Not for two threads at once; read inside ``snapshot``."""

    @property
    def feeds(self) -> FeedReader:
        """The feeds that it follows."""

    def close(self) -> None: ...

    def snapshot(self) -> AbstractContextManager[LibraryState]:
        """A block in which it is read."""

    def pending(self) -> int:
        """How many different passages still wait for their vector."""

    def article(self, article_id: str) -> Article | None:
        """Read an article by its id, checking its text against its hash."""

    def head(self, article_id: str) -> ArticleHead | None:
        """What is known of an article, its text apart."""

    def list_articles(self) -> Iterator[ListedArticle]:
        """Every article, newest first, those without a date last."""

    def sources_with(self, words: str) -> Iterator[str]:
        """The sources that hold some words, without regard to case; those first that begin so."""

    def articles_of(self, source: str) -> list[ListedArticle]:
        """The articles whose source begins so, ordered as ``list_articles``."""

    def count_others(self, source: str, words: Sequence[str] = ()) -> int: ...

    def others(
        self, source: str, words: Sequence[str], first: int, count: int
    ) -> list[ListedArticle]:
        """A page of the articles whose source does not begin so, ordered as ``list_articles``.

        Args:
            source: what the source does not begin with.
            words: that the title holds, without regard to case.
            first: how many to pass over.
            count: how many at most.
        """


class ArticlesByNumber(Protocol):
    """Where candidates find their articles."""

    def articles_by_number(self, numbers: Iterable[int]) -> Mapping[int, Article]:
        """Read the articles that candidates name by these numbers."""


class LibrarySearcher(ArticlesByNumber, Protocol):
    """A library opened for questions. Not for two threads at once.

    Attributes:
        analyzer: splits texts into terms as its index of words does.
        notice: what it lacks, in a line for whoever opens it, or None.
    """

    analyzer: Analyzer
    notice: str | None

    def close(self) -> None: ...

    def follow(self) -> None:
        """Reopen what is at the location now; MismatchError where another encoder made that."""

    def snapshot(self) -> AbstractContextManager[LibraryState]:
        """A block in which what was found can be read, whatever others write."""

    def search(
        self, question: str, vector: Vectors, within: Filter, carried: Mapping[str, float]
    ) -> list[Candidate]:
        """Find the candidates for an answer, best first.

        Args:
            question: as it was asked.
            vector: of the question, shape (1, dimension).
            carried: terms of earlier turns, with their weights; one of the question's own is 1.
        """

    def weights(self, question: str) -> dict[str, float]:
        """The inverse document frequency of each different word of a question."""

    def article(self, article_id: str) -> Article | None:
        """Read an article by its id, checking its text against its hash."""

    def article_with(self, key: str) -> Article | None:
        """Read an article by the ``id_key`` of its id."""


class FeedReader(Protocol):
    """The feeds that a library follows, to read."""

    def records(self) -> list[FeedRecord]:
        """Every feed, by address."""

    def item_counts(self, address: str) -> tuple[int, int]:
        """How many items of a feed are in, and how many wait: new, or other than when fetched."""

    def waiting_items(self, address: str) -> list[ItemRecord]:
        """The items of a feed whose pages are to be fetched, the newest first."""


class ExportSource(Protocol):
    """A library opened for export."""

    @property
    def header(self) -> ExportHeader: ...

    @property
    def count(self) -> int:
        """About how many articles."""

    def articles(self) -> Iterator[ExportedArticle]:
        """Every article, in any order; some hundred of them are in memory at once."""

    def files(self) -> Iterator[tuple[str, FileRecord]]:
        """What is known of the files that they came from."""
