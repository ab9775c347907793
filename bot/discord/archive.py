"""The articles as those see them who look after a server: its own, and the archive's."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from bot.discord import audit, uploads
from bot.discord.librarian import Outcome, Progress, Request
from bot.discord.reasons import RestartingError
from bot.discord.server_settings import source_of, visible_to
from bot.discord.store import Store
from bot.discord.uploads import UploadError
from retrieval.article import Article, id_key
from retrieval.errors import QuothError
from retrieval.library import Library

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN = 60.0  # looks at whether the library is in step
_LONGEST_LINE = 20  # requests of servers; each may take minutes


class Worker(Protocol):
    """Who does requests: a ``LibrarianProcess``. One at a time, in any thread."""

    def work(self, request: Request, progress: Progress) -> Outcome:
        """Do one; raises what ``Librarian.work`` does."""

    def close(self) -> None:
        """End what is being done, and take nothing more."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in a list.

    Attributes:
        id: in the library.
        title: one line.
        date: YYYY-MM-DD, or None.
        own: whether the server added it itself.
        waiting: whether it is kept and not in the library yet.
    """

    id: str
    title: str
    date: str | None
    own: bool
    waiting: bool = False

    @property
    def key(self) -> str:
        """What a button or a choice names it by: an id can be longer than they take."""
        return id_key(self.id)


@dataclass(frozen=True, slots=True)
class Status:
    """What there is.

    Attributes:
        own: articles of the server in the library.
        waiting: those that are kept and not in it yet.
        archive: all others that the server may see.
        leaving: those of the server that were removed and are in the library still.
        pending: passages, anybody's, that are found by their words alone so far.
    """

    own: int
    waiting: int
    archive: int
    leaving: int
    pending: int


class Archive:
    """Lists articles, and has them added and removed. Nothing here holds up the event loop.

    Args:
        store: what the bot keeps.
        library: the library's folder.
        worker: who reads files and writes the library.
    """

    def __init__(self, store: Store, library: Path, worker: Worker) -> None:
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
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            try:
                await self._settle_what_is_not()
            except Exception as error:  # told as one line; the next minute may be better
                line = " ".join(str(error).split())
                _log.warning("the library is not in step with what servers keep: %s", line)

    async def _settle_what_is_not(self) -> None:
        if await asyncio.to_thread(self._unsettled):
            await self.settle()

    async def listed(self, server: int, search: str = "") -> list[Listed]:
        """The articles that a server may see, its own first.

        Args:
            server: its id.
            search: words that the title holds, without regard to case.

        Raises:
            QuothError: the library or the store cannot be read.
        """
        return await asyncio.to_thread(self._listed, server, search)

    async def status(self, server: int) -> Status:
        """Count what there is; raises what ``listed`` does."""
        return await asyncio.to_thread(self._status, server)

    async def remove(self, server: int, person: int, article_id: str) -> Article | None:
        """Remove an article of a server's own; ``settle`` then takes it out of the library.

        Returns:
            The article; None where it is not there (any more), or not the server's.
        """
        return await asyncio.to_thread(self._remove, server, person, article_id)

    async def put_back(self, server: int, person: int, key: str) -> str | None:
        """Undo a removal; returns the title, or None where there is nothing to bring back."""

        def undo() -> str | None:
            for article_id in uploads.ids(self.store, server, removed=True):
                if id_key(article_id) == key:
                    return uploads.put_back(self.store, server, person, article_id)
            return None

        return await asyncio.to_thread(undo)

    async def log(self, server: int, limit: int) -> list[audit.Entry]:
        """The latest changes in a server, the newest first."""
        return await asyncio.to_thread(audit.last, self.store, server, limit)

    async def sources(self) -> list[str]:
        """The sources of the archive's articles, in the order of the alphabet."""

        def read() -> list[str]:
            public = visible_to(None)
            found = self._read(lambda library: library.sources())
            return sorted(each for each in found if each and public.admits_source(each))

        return await asyncio.to_thread(read)

    def close(self) -> None:
        """End what is being done; what was kept is indexed when the bot is back."""
        self._closing = True
        if self._keeping:
            self._keeping.cancel()
        self._worker.close()

    # In a thread

    def _read(self, look: Callable[[Library], _T]) -> _T:
        with closing(Library(self._library)) as library, library.snapshot():
            return look(library)

    def _listed(self, server: int, search: str) -> list[Listed]:
        within, own = visible_to(server), source_of(server)
        rows = self._read(lambda library: list(library.list_articles()))
        there = {each for each, *_ in rows}
        removed = uploads.ids(self.store, server, removed=True)
        found = [
            Listed(article_id, title, None, own=True, waiting=True)
            for article_id, title in uploads.ids(self.store, server).items()
            if article_id not in there
        ]
        found += [
            Listed(article_id, title, date, own=source == own)
            for article_id, date, title, source in rows
            if within.admits_source(source) and article_id not in removed
        ]
        words = search.casefold().split()
        matching = [each for each in found if all(w in each.title.casefold() for w in words)]
        return sorted(matching, key=lambda each: not each.own)

    def _status(self, server: int) -> Status:
        listed = self._listed(server, "")
        own = sum(each.own and not each.waiting for each in listed)
        waiting = sum(each.waiting for each in listed)
        there, pending = self._read(lambda library: (set(library.article_ids()), library.pending()))
        leaving = len(there & uploads.ids(self.store, server, removed=True).keys())
        return Status(own, waiting, len(listed) - own - waiting, leaving, pending)

    def _remove(self, server: int, person: int, article_id: str) -> Article | None:
        kept = uploads.articles(self.store, [article_id])
        article = kept[0] if kept else self._read(lambda library: library.article(article_id))
        if article is None or not uploads.remove(self.store, server, person, article):
            return None
        return article

    def _unsettled(self) -> bool:
        wanted, gone = uploads.ids(self.store), uploads.ids(self.store, removed=True)
        if not (wanted or gone):
            return False
        there = self._read(lambda library: set(library.article_ids()))
        return bool(wanted.keys() - there or there & gone.keys())
