"""Commits what was fetched, in small batches, holding the library only while it commits."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter
from retrieval.library.writing import Transaction
from retrieval.models.encoder.base import Encoder

_WAIT = 60.0
"""Seconds that a batch waits for another process that writes: it was fetched from far away."""

_T = TypeVar("_T")


class _Waiting(Generic[_T]):
    """A change that waits for the next commit, and what becomes of it."""

    def __init__(self, change: Callable[[Transaction], _T]) -> None:
        self.change = change
        self.outcome: asyncio.Future[_T] = asyncio.get_running_loop().create_future()


class Saver:
    """Collects the changes that come while a commit is under way into the next one.

    Args:
        location: of the library; made with the first commit, where there is none.
    """

    def __init__(self, location: Location, encoder: Encoder) -> None:
        self._location = location
        self._encoder = encoder
        self._waiting: list[_Waiting[Any]] = []
        self._committing = asyncio.Lock()

    async def save(self, change: Callable[[Transaction], _T]) -> _T:
        """Make a change in the next commit; all that it does is committed together, or not at all.

        Returns:
            What it returned, once that is committed.

        Raises:
            LibraryError: the library cannot be written, or its indexes cannot be: then the change
                was committed, and the next to write brings the indexes up to it.
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

    def _write(self, changes: list[Callable[[Transaction], Any]]) -> list[Any]:
        library = open_library(self._location)
        with (
            library.session(self._encoder, Reporter(), wait=_WAIT) as session,
            session.transaction() as transaction,
        ):
            return [change(transaction) for change in changes]


def encode_saved(
    location: Location,
    encoder: Encoder,
    reporter: Reporter,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Encode what waits for its vector, until it is enough.

    Raises:
        LibraryError: the library cannot be written.
    """
    with open_library(location).session(encoder, reporter, wait=_WAIT) as session:
        session.encode_pending(encoder, enough)
