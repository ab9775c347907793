"""Commits what was fetched, in small batches, holding the library only while it commits."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from retrieval.errors import LockedError
from retrieval.ingest.index import bring_up_to_date
from retrieval.library.local.transaction import LocalTransaction
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.models.encoder.base import Encoder

_PATIENCE = 60.0
"""Seconds that a batch waits for another process that writes: it was fetched from far away."""

_T = TypeVar("_T")


class _Waiting(Generic[_T]):
    """A change that waits for the next commit, and what becomes of it."""

    def __init__(self, change: Callable[[LocalTransaction], _T]) -> None:
        self.change = change
        self.outcome: asyncio.Future[_T] = asyncio.get_running_loop().create_future()


class Saver:
    """Collects the changes that come while a commit is under way into the next one.

    Args:
        library: its folder; made with the first commit, where there is none.
        encoder: the identity of the encoder whose vectors the library holds.
    """

    def __init__(self, library: Path, encoder: str) -> None:
        self._library = library
        self._encoder = encoder
        self._waiting: list[_Waiting[Any]] = []
        self._committing = asyncio.Lock()

    async def save(self, change: Callable[[LocalTransaction], _T]) -> _T:
        """Make a change in the next commit; all that it does is committed together, or not at all.

        Returns:
            What it returned, once that is committed.

        Raises:
            LibraryError: the library cannot be written.
        """
        mine = _Waiting(change)
        self._waiting.append(mine)
        async with self._committing:
            if not mine.outcome.done():
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        return await mine.outcome

    async def _commit(self, batch: list[_Waiting[Any]]) -> None:
        try:
            outcomes = await asyncio.to_thread(self._write, [each.change for each in batch])
        except Exception as error:
            for each in batch:
                if not each.outcome.done():
                    each.outcome.set_exception(error)
                    each.outcome.exception()  # whoever waited for it may have given up
            return
        for each, outcome in zip(batch, outcomes, strict=True):
            if not each.outcome.done():
                each.outcome.set_result(outcome)

    def _write(self, changes: list[Callable[[LocalTransaction], Any]]) -> list[Any]:
        with patiently(self._library) as writer:
            writer.claim(self._encoder)
            with writer.commit() as transaction:
                return [change(transaction) for change in changes]


def finish(library: Path, encoder: Encoder, reporter: Reporter, enough: Callable[[], bool]) -> None:
    """Bring the caches up to date, and encode what waits for it until it is enough.

    Raises:
        LibraryError: the library cannot be written.
    """
    with patiently(library) as writer:
        writer.claim(encoder.identity)
        bring_up_to_date(writer, encoder, reporter, enough)


def patiently(library: Path, seconds: float = _PATIENCE) -> LocalWriter:
    """Open a library for writing once whoever else writes is done.

    Raises:
        LockedError: that takes longer than so many seconds.
        LibraryError: it cannot be written.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return LocalWriter(library)
        except LockedError:
            if time.monotonic() > deadline:
                raise
