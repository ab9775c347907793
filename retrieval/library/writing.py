"""The one way to change a library, whichever kind it is: a ``WriteSession``.

WriteSession  a library opened for writing; ``Library.session`` gives one
Transaction   changes that become visible together
FeedTable     the feeds in a transaction
ArticleSink   articles and files in batches
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from retrieval.documents.article import Article
from retrieval.library.base import KnownFiles, LibraryReader
from retrieval.library.feed_records import FeedRecord, ItemRecord
from retrieval.library.progress import Change, Summary
from retrieval.library.records import ArticleHead, FileRecord
from retrieval.models.encoder.base import Encoder, Vectors


class FeedTable(Protocol):
    """Feeds and items inside a transaction."""

    def has(self, address: str) -> bool:
        """Whether the library follows a feed."""

    def put(self, feed: FeedRecord) -> None:
        """Add a feed, or replace what is known of it."""

    def remove(self, address: str) -> bool:
        """Forget a feed and its items, not their articles; False where there is no such feed."""

    def only_articles_of(self, address: str) -> list[str]:
        """The ids of the articles that came from a feed and from no other."""

    def list_item(self, item: ItemRecord) -> bool:
        """Remember that a feed lists an item.

        Returns:
            Whether its page is to be fetched: it is new to this library, or the feed says other
            things of it than when it was fetched.
        """

    def put_item(self, item: ItemRecord) -> None:
        """Replace what is known of an item; one whose feed is no longer followed is dropped."""

    def postpone_items(self, address: str, due: int) -> None:
        """Do not fetch the pages of a feed's waiting items until a time, in seconds since 1970."""

    def said_of(self, article_id: str) -> tuple[str | None, str | None]:
        """The title and the date that feeds give to an article's page."""


class Transaction(Protocol):
    """Changes that become visible together, in a folder; on a server, each article by itself."""

    @property
    def feeds(self) -> FeedTable:
        """The feeds, in the same transaction."""

    def put(self, article: Article, file: str) -> Change:
        """Add an article, or replace the one of the same id where it differs.

        Args:
            file: the file or address that it came from.
        """

    def remove(self, article_id: str) -> bool:
        """Remove an article; False where there is none of that id.

        The next run over its file reads it again, changed or not.
        """

    def head(self, article_id: str) -> ArticleHead | None:
        """What is known of an article, its text apart."""

    def article_at(self, address: str) -> str | None:
        """The id of the article that came from a file or an address; None where there is none."""

    def same_words_at(self, address: str, sha256: str) -> tuple[str, str] | None:
        """An article of the same words whose address differs in nothing but the query.

        Returns:
            Its id and its address, or None where there is none.
        """


class ArticleSink(Protocol):
    """Takes articles and files in batches. Nothing counts before it is committed.

    Attributes:
        summary: what was acknowledged so far.
    """

    summary: Summary

    def owner(self, article_id: str) -> str | None:
        """The file that has an article of this id, as far as is known now."""

    def put(self, article: Article, file: str, vectors: Vectors | None = None) -> None:
        """Add or replace an article of a file.

        Args:
            vectors: of its passages, shape (passages, dimension); None: encoded later.
        """

    def remove(self, article_ids: Iterable[str], file: str) -> None:
        """Remove articles that came from a file; what another file has by now stays."""

    def record(self, file: str, record: FileRecord) -> None:
        """Remember what a file was when it was read, once its articles are in."""

    def forget(self, file: str) -> None:
        """Forget a file."""

    def commit(self) -> None:
        """Commit everything."""

    def finish(self) -> None:
        """Commit what two files contend for, and wait until everything committed is found."""


class WriteSession(ArticleSink, KnownFiles, Protocol):
    """A library opened for writing: the one way to change one. See ``Library.session``."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Change the library in one commit; an error inside leaves it as it was."""

    def encode_pending(self, encoder: Encoder, enough: Callable[[], bool] = lambda: False) -> None:
        """Encode the passages that wait for their vector, the newest articles' first.

        Args:
            encoder: whose vectors the library holds.
            enough: asked between batches; once it is True, the rest is left for another run. By
                default all is done.
        """

    def reader(self) -> AbstractContextManager[LibraryReader]:
        """Read the library as it is committed now."""
