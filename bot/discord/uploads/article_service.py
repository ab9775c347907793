"""The articles as those see them who look after a server: its own, and the archive's."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol, TypeVar

from bot.discord.messages.error_messages import RestartingError
from bot.discord.storage import audit_log, uploads
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import OWN_SOURCE_PREFIX
from bot.discord.storage.uploads import UploadError
from bot.discord.uploads import listing
from bot.discord.uploads.indexer import IndexRequest, IndexResult, ProgressCallback
from bot.discord.uploads.listing import ArticleCounts, ArticlePage, ListedArticle
from retrieval.documents.article import Article, id_key
from retrieval.errors import QuothError
from retrieval.library import open as open_library
from retrieval.library.base import LibraryReader
from retrieval.library.filter import Filter
from retrieval.library.location import Location

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN = 60.0  # looks at whether the library is in step
MAX_CHOICES, MAX_CHOICE_LENGTH = 25, 100
"""Choices in a list, and the characters of one, as Discord takes them."""

_QUEUE_LIMIT = 20  # requests of servers; each may take minutes


class IndexWorker(Protocol):
    """Who does requests: a ``IndexerProcess``. One at a time, in any thread."""

    def run(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        """Do one; raises what ``UploadIndexer.run`` does."""

    def close(self) -> None:
        """End what is being done, and take nothing more."""


class ArticleService:
    """Lists articles, and has them added and removed. Nothing here holds up the event loop.

    Args:
        store: what the bot keeps.
        library: where the library is.
        worker: who reads files and writes the library.
    """

    def __init__(self, store: Store, library: Location, worker: IndexWorker) -> None:
        self.store = store
        self._library = library
        self._worker = worker
        self._worker_lock = asyncio.Lock()
        self._busy: set[int] = set()  # servers that have a request under way or in line
        self._sync_task: asyncio.Task[None] | None = None
        self._closing = False

    async def run(
        self, request: IndexRequest, progress: ProgressCallback = lambda *_: None
    ) -> IndexResult:
        """Have a request done, after those before it.

        Args:
            request: what is to be done.
            progress: hears of it, in the event loop.

        Raises:
            RestartingError: the bot leaves before it is done.
            UploadError: the server has a request under way already, or too many wait.
            Exception: what ``UploadIndexer.run`` raises.
        """
        with self._queued(request.server):
            return await self._run_next(request, progress)

    @contextmanager
    def _queued(self, server: int) -> Iterator[None]:
        if not server:  # the bot's own
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

        def tell(stage: str, done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, stage, done, total)

        if self._worker_lock.locked():
            progress("Waiting for its turn", 0, 0)
        async with self._worker_lock:
            if self._closing:
                raise RestartingError()
            try:
                return await asyncio.to_thread(self._worker.run, request, tell)
            except QuothError as error:
                if self._closing:
                    raise RestartingError() from error
                raise

    async def sync(self) -> None:
        """Bring the library in step with what is kept; raises what ``run`` does."""
        await self.run(IndexRequest("sync"))

    async def start_syncing(self) -> None:
        """Index what is kept and was not indexed, as when the bot was killed meanwhile.

        From then on that is looked at every minute: another process may have held the library
        for long, or have taken it back to an earlier state.
        """
        if self._sync_task is None and not self._closing:
            self._sync_task = asyncio.create_task(self._sync_periodically())
        await self._sync_if_needed()

    async def _sync_periodically(self) -> None:
        told = ""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            try:
                await self._sync_if_needed()
                told = ""
            except Exception as error:  # told as one line; the next minute may be better
                line = " ".join(str(error).split())
                if line != told:
                    _log.warning("the library is not in step with what servers keep: %s", line)
                told = line

    async def _sync_if_needed(self) -> None:
        if not await asyncio.to_thread(uploads.any_uploads, self.store):
            return  # nor need there be a library
        if any(await self._read(lambda library: listing.out_of_sync(library, self.store))):
            await self.sync()

    async def find(self, server: int, search: str, first: int, count: int) -> ArticlePage:
        """A part of the list of the articles that a server may see, its own first.

        Args:
            server: its id.
            search: words that the title holds, without regard to case.
            first: how many articles are before it.
            count: how many it has at most.

        Raises:
            QuothError: the library or the store cannot be read.
        """
        return await self._read(
            lambda library: listing.find(library, self.store, server, search, first, count)
        )

    async def own(self, server: int, search: str = "") -> list[ListedArticle]:
        """A server's own articles; arguments and errors are those of ``find``."""
        return await self._read(
            lambda library: listing.own_articles(library, self.store, server, search)
        )

    async def status(self, server: int) -> ArticleCounts:
        """Count what there is; raises what ``find`` does."""
        return await self._read(lambda library: listing.status(library, self.store, server))

    async def sources(self, within: Filter, holding: str = "") -> list[str]:
        """Some of the archive's sources whose name fits into a choice: as many as Discord takes.

        Args:
            within: which may be seen.
            holding: what their names hold, without regard to case; those first that begin so.

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
        """Remove an article of a server's own; ``sync`` then takes it out of the library.

        Returns:
            The article; None where it is not there (any more), or not the server's.
        """
        kept = await asyncio.to_thread(uploads.articles, self.store, [article_id])
        article = kept[0] if kept else await self._read(lambda library: library.article(article_id))
        if article is None:
            return None
        removed = await asyncio.to_thread(uploads.remove, self.store, server, user, article)
        return article if removed else None

    async def undo_removal(self, server: int, user: int, key: str) -> str | None:
        """Undo a removal; returns the title, or None where there is nothing to bring back."""

        def undo() -> str | None:
            for article_id in uploads.states(self.store, server, removed=True):
                if id_key(article_id) == key:
                    return uploads.undo_removal(self.store, server, user, article_id)
            return None

        return await asyncio.to_thread(undo)

    async def log(self, server: int, limit: int) -> list[audit_log.AuditEntry]:
        """The latest changes in a server, the newest first."""
        return await asyncio.to_thread(audit_log.latest, self.store, server, limit)

    def close(self) -> None:
        """End what is being done; what was kept is indexed when the bot is back."""
        self._closing = True
        if self._sync_task:
            self._sync_task.cancel()
        self._worker.close()

    async def _read(self, look: Callable[[LibraryReader], _T]) -> _T:
        def read() -> _T:
            with closing(open_library(self._library).reader()) as library, library.snapshot():
                return look(library)

        return await asyncio.to_thread(read)
