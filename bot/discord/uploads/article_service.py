"""What ``/articles`` and the autocompletion ask for: lists, indexing jobs, removals.

A server sees its own articles and the shared ones, which people are told of as "the archive".
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol, TypeVar

from bot.discord.errors import RestartingError, UploadError
from bot.discord.messages.limits import MAX_CHOICE_LENGTH, MAX_CHOICES
from bot.discord.storage import audit_log, uploads
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX
from bot.discord.uploads import listing
from bot.discord.uploads.indexer import IndexRequest, IndexResult, ProgressCallback
from bot.discord.uploads.listing import ArticleCounts, ArticlePage, ServerArticle
from retrieval.documents.article import Article, id_key
from retrieval.errors import QuothError
from retrieval.library import open as open_library
from retrieval.library.base import LibraryReader
from retrieval.library.filter import Filter
from retrieval.library.location import Location

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_SYNC_INTERVAL = 60.0  # seconds
_QUEUE_LIMIT = 20  # servers with a request; each may take minutes


class IndexWorker(Protocol):
    """An ``IndexerProcess``. It runs one request at a time, in any thread."""

    def run(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        """Run a request; raises what ``UploadIndexer.run`` does."""

    def close(self) -> None:
        """Stop the running request, and refuse further ones."""


class ArticleService:
    """Lists, adds and removes articles; blocking work runs in threads or the worker's process."""

    def __init__(self, store: Store, library: Location, worker: IndexWorker) -> None:
        self.store = store
        self._library = library
        self._worker = worker
        self._worker_lock = asyncio.Lock()
        self._busy: set[int] = set()  # servers with a request that runs or is queued
        self._sync_task: asyncio.Task[None] | None = None
        self._closing = False

    async def run(
        self, request: IndexRequest, progress: ProgressCallback = lambda *_: None
    ) -> IndexResult:
        """Queue a request, and wait for its result.

        Raises:
            RestartingError: the bot shuts down before it is done.
            UploadError: the server has a request already, or the queue is full.
            Exception: what ``UploadIndexer.run`` raises.
        """
        with self._queued(request.server):
            return await self._run_next(request, progress)

    @contextmanager
    def _queued(self, server: int) -> Iterator[None]:
        if not server:  # a sync
            yield
            return
        if server in self._busy:
            raise UploadError("This server's last request is still being worked on; wait for it.")
        if len(self._busy) >= _QUEUE_LIMIT:
            raise UploadError("Too many servers wait already; try again in some minutes.")
        self._busy.add(server)
        try:
            yield
        finally:
            self._busy.discard(server)

    async def _run_next(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        loop = asyncio.get_running_loop()

        def report(stage: str, done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, stage, done, total)

        if self._worker_lock.locked():
            progress("Waiting for its turn", 0, 0)
        async with self._worker_lock:
            if self._closing:
                raise RestartingError()
            try:
                return await asyncio.to_thread(self._worker.run, request, report)
            except QuothError as error:
                if self._closing:
                    raise RestartingError() from error
                raise

    async def sync(self) -> None:
        """Sync the library with the uploads; raises what ``run`` does."""
        await self.run(IndexRequest("sync"))

    async def start_syncing(self) -> None:
        """Sync now, as after a crash, and check every minute from then on.

        Another process may have locked the library for long, or restored an earlier state of it.
        """
        if self._sync_task is None and not self._closing:
            self._sync_task = asyncio.create_task(self._sync_periodically())
        await self._sync_if_needed()

    async def _sync_periodically(self) -> None:
        logged = ""
        while True:
            await asyncio.sleep(_SYNC_INTERVAL)
            try:
                await self._sync_if_needed()
                logged = ""
            except Exception as error:  # logged as one line; the next minute may be better
                line = " ".join(str(error).split())
                if line != logged:
                    _log.warning("the library is not in step with what servers keep: %s", line)
                logged = line

    async def _sync_if_needed(self) -> None:
        if not await asyncio.to_thread(uploads.any_uploads, self.store):
            return  # there need be no library
        if any(await self._read(lambda library: listing.out_of_sync(library, self.store))):
            await self.sync()

    async def page(self, server: int, search: str, first: int, count: int) -> ArticlePage:
        """``listing.page``; raises QuothError where the library or the store cannot be read."""
        return await self._read(
            lambda library: listing.page(library, self.store, server, search, first, count)
        )

    async def own_articles(self, server: int, search: str = "") -> list[ServerArticle]:
        """A server's own articles; arguments and errors are those of ``page``."""
        return await self._read(
            lambda library: listing.own_articles(library, self.store, server, search)
        )

    async def counts(self, server: int) -> ArticleCounts:
        """How many articles there are; raises what ``page`` does."""
        return await self._read(lambda library: listing.counts(library, self.store, server))

    async def sources(self, within: Filter, holding: str = "") -> list[str]:
        """Up to ``MAX_CHOICES`` shared sources for a select menu or an autocompletion.

        Args:
            holding: a substring of the name, case-insensitive; prefix matches come first.

        Raises:
            QuothError: the library cannot be read.
        """

        def read(library: LibraryReader) -> list[str]:
            fit = (
                each
                for each in library.sources_with(holding)
                if len(each) <= MAX_CHOICE_LENGTH
                and not each.startswith(OWN_SOURCE_PREFIX)
                and within.admits_source(each)
            )
            return [*itertools.islice(fit, MAX_CHOICES)]

        return await self._read(read)

    async def remove(self, server: int, user: int, article_id: str) -> Article | None:
        """Mark an article as removed; the next ``sync`` removes it from the library.

        Returns:
            The article; None where there is none (any more), or it is not the server's own.
        """
        kept = await asyncio.to_thread(uploads.articles, self.store, [article_id])
        article = kept[0] if kept else await self._read(lambda library: library.article(article_id))
        if article is None:
            return None
        removed = await asyncio.to_thread(uploads.remove, self.store, server, user, article)
        return article if removed else None

    async def undo_removal(self, server: int, user: int, key: str) -> str | None:
        """Restore a removed article by its ``id_key``; returns its title, or None."""

        def undo() -> str | None:
            for article_id in uploads.states(self.store, server, removed=True):
                if id_key(article_id) == key:
                    return uploads.undo_removal(self.store, server, user, article_id)
            return None

        return await asyncio.to_thread(undo)

    async def log(self, server: int, limit: int) -> list[audit_log.AuditEntry]:
        """The server's audit log, the newest entry first."""
        return await asyncio.to_thread(audit_log.latest, self.store, server, limit)

    def close(self) -> None:
        """Stop the running request; ``start_syncing`` indexes the rest after a restart."""
        self._closing = True
        if self._sync_task:
            self._sync_task.cancel()
        self._worker.close()

    async def _read(self, look: Callable[[LibraryReader], _T]) -> _T:
        def read() -> _T:
            with closing(open_library(self._library).reader()) as library, library.snapshot():
                return look(library)

        return await asyncio.to_thread(read)
