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
from bot.discord.storage.server_settings import PRIVATE
from bot.discord.storage.uploads import UploadError
from bot.discord.uploads import listing
from bot.discord.uploads.indexer import Outcome, Progress, Request
from bot.discord.uploads.listing import Found, Listed, Status
from retrieval.documents.article import Article, id_key
from retrieval.errors import QuothError
from retrieval.library.door import folder_of
from retrieval.library.filter import Filter
from retrieval.library.local import catalogue
from retrieval.library.local.reader import Library
from retrieval.library.location import Place

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN = 60.0  # looks at whether the library is in step
MOST_CHOICES, LONGEST_CHOICE = 25, 100
"""Choices in a list, and the characters of one, as Discord takes them."""

_LONGEST_LINE = 20  # requests of servers; each may take minutes


class Worker(Protocol):
    """Who does requests: a ``LibrarianProcess``. One at a time, in any thread."""

    def work(self, request: Request, progress: Progress) -> Outcome:
        """Do one; raises what ``Librarian.work`` does."""

    def close(self) -> None:
        """End what is being done, and take nothing more."""


class Archive:
    """Lists articles, and has them added and removed. Nothing here holds up the event loop.

    Args:
        store: what the bot keeps.
        library: where the library is.
        worker: who reads files and writes the library.
    """

    def __init__(self, store: Store, library: Place, worker: Worker) -> None:
        self.store = store
        self._library = library
        self._worker = worker
        self._turn = asyncio.Lock()
        self._busy: set[int] = set()  # servers that have a request under way or in line
        self._keeping: asyncio.Task[None] | None = None
        self._closing = False

    async def work(self, request: Request, progress: Progress = lambda *_: None) -> Outcome:
        """Have a request done, after those before it.

        Args:
            request: what is to be done.
            progress: hears of it, in the event loop.

        Raises:
            RestartingError: the bot leaves before it is done.
            UploadError: the server has a request under way already, or too many wait.
            Exception: what ``Librarian.work`` raises.
        """
        folder_of(self._library, "adding articles in Discord")
        with self._in_line(request.server):
            return await self._work(request, progress)

    @contextmanager
    def _in_line(self, server: int) -> Iterator[None]:
        if not server:  # the bot's own
            yield
            return
        if server in self._busy:
            raise UploadError("This server's last request is still being worked on; wait for it.")
        if len(self._busy) >= _LONGEST_LINE:
            raise UploadError("Too many servers wait already; try again in some minutes.")
        self._busy.add(server)
        try:
            yield
        finally:
            self._busy.discard(server)

    async def _work(self, request: Request, progress: Progress) -> Outcome:
        loop = asyncio.get_running_loop()

        def tell(stage: str, done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, stage, done, total)

        if self._turn.locked():
            progress("Waiting for its turn", 0, 0)
        async with self._turn:
            if self._closing:
                raise RestartingError()
            try:
                return await asyncio.to_thread(self._worker.work, request, tell)
            except QuothError as error:
                if self._closing:
                    raise RestartingError() from error
                raise

    async def settle(self) -> None:
        """Bring the library in step with what is kept; raises what ``work`` does."""
        await self.work(Request("settle"))

    async def bring_in_what_waits(self) -> None:
        """Index what is kept and was not indexed, as when the bot was killed meanwhile.

        From then on that is looked at every minute: another process may have held the library
        for long, or have taken it back to an earlier state.
        """
        if self._keeping is None and not self._closing:
            self._keeping = asyncio.create_task(self._keep_in_step())
        await self._settle_what_is_not()

    async def _keep_in_step(self) -> None:
        told = ""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            try:
                await self._settle_what_is_not()
                told = ""
            except Exception as error:  # told as one line; the next minute may be better
                line = " ".join(str(error).split())
                if line != told:
                    _log.warning("the library is not in step with what servers keep: %s", line)
                told = line

    async def _settle_what_is_not(self) -> None:
        if not await asyncio.to_thread(uploads.any_kept, self.store):
            return  # nor need there be a library
        if any(await self._read(lambda library: listing.unsettled(library, self.store))):
            await self.settle()

    async def find(self, server: int, search: str, first: int, count: int) -> Found:
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

    async def own(self, server: int, search: str = "") -> list[Listed]:
        """A server's own articles; arguments and errors are those of ``find``."""
        return await self._read(
            lambda library: listing.own_articles(library, self.store, server, search)
        )

    async def status(self, server: int) -> Status:
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

        def read(library: Library) -> list[str]:
            fit = (
                each
                for each in catalogue.sources(library, holding)
                if len(each) <= LONGEST_CHOICE
                and not each.startswith(PRIVATE)
                and within.admits_source(each)
            )
            return [*itertools.islice(fit, MOST_CHOICES)]

        return await self._read(read)

    async def remove(self, server: int, person: int, article_id: str) -> Article | None:
        """Remove an article of a server's own; ``settle`` then takes it out of the library.

        Returns:
            The article; None where it is not there (any more), or not the server's.
        """
        kept = await asyncio.to_thread(uploads.articles, self.store, [article_id])
        article = kept[0] if kept else await self._read(lambda library: library.article(article_id))
        if article is None:
            return None
        removed = await asyncio.to_thread(uploads.remove, self.store, server, person, article)
        return article if removed else None

    async def put_back(self, server: int, person: int, key: str) -> str | None:
        """Undo a removal; returns the title, or None where there is nothing to bring back."""

        def undo() -> str | None:
            for article_id in uploads.states(self.store, server, removed=True):
                if id_key(article_id) == key:
                    return uploads.put_back(self.store, server, person, article_id)
            return None

        return await asyncio.to_thread(undo)

    async def log(self, server: int, limit: int) -> list[audit_log.Entry]:
        """The latest changes in a server, the newest first."""
        return await asyncio.to_thread(audit_log.last, self.store, server, limit)

    def close(self) -> None:
        """End what is being done; what was kept is indexed when the bot is back."""
        self._closing = True
        if self._keeping:
            self._keeping.cancel()
        self._worker.close()

    async def _read(self, look: Callable[[Library], _T]) -> _T:
        def read() -> _T:
            path = folder_of(self._library, "a list of articles in Discord")
            with closing(Library(path)) as library, library.snapshot():
                return look(library)

        return await asyncio.to_thread(read)
