"""The queue of questions: first in, first out, of limited length, with a status for who waits."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from bot.discord.errors import BusyError
from bot.wording import counted

QUEUE_LIMIT = 100
"""Questions that may wait; at a fifth of a second each, the last one waits for twenty seconds."""

FIRST_UPDATE = 2.0  # seconds
UPDATE_INTERVAL = 5.0  # seconds: Discord takes five edits in five seconds, for a whole channel

_T = TypeVar("_T")


class QueuePosition:
    """One question's entry in the queue."""

    def __init__(self, positions: dict["QueuePosition", None]) -> None:
        self._positions = positions

    @property
    def ahead(self) -> int:
        return [*self._positions].index(self)


class QuestionQueue:
    """The questions that wait for an answer, or are being answered."""

    def __init__(self, limit: int = QUEUE_LIMIT) -> None:
        self._limit = limit
        self._positions: dict[QueuePosition, None] = {}

    def __len__(self) -> int:
        return len(self._positions)

    @contextmanager
    def enter(self) -> Iterator[QueuePosition]:
        """Hold a position during the block; raises BusyError where the queue is full."""
        if len(self._positions) >= self._limit:
            raise BusyError(
                f"{len(self._positions):,} questions are waiting already, as many as I can keep."
                " Please ask again in a minute."
            )
        position = QueuePosition(self._positions)
        self._positions[position] = None
        try:
            yield position
        finally:
            del self._positions[position]

    async def run(
        self,
        ask: Callable[[], Coroutine[Any, Any, _T]],
        show_status: Callable[[str], Awaitable[object]] | None,
    ) -> _T:
        """Run ``ask`` in the queue; its result is returned.

        Args:
            ask: answers the question; it does its own waiting for the worker thread.
            show_status: shows the user a line; must not raise.

        Raises:
            BusyError: the queue is full.
            Exception: whatever ``ask`` raises.
        """
        with self.enter() as position:
            answer = asyncio.create_task(ask())
            try:
                if show_status:
                    await show_position(position, answer, show_status)
                return await answer
            finally:
                answer.cancel()


async def show_position(
    position: QueuePosition,
    answer: asyncio.Future[Any],
    show_status: Callable[[str], Awaitable[object]],
) -> None:
    """Wait for an answer, showing from time to time how many questions are before it.

    Nothing is shown to who is next, or has an answer within ``FIRST_UPDATE`` seconds.

    Args:
        answer: is waited for, and neither cancelled nor read.
    """
    shown, pause = 0, FIRST_UPDATE
    while not (await asyncio.wait({answer}, timeout=pause))[0]:
        ahead = position.ahead
        if ahead and ahead != shown:
            are = "is" if ahead == 1 else "are"
            await show_status(f"You are in line: {counted(ahead, 'question')} {are} before yours.")
            shown = ahead
        pause = UPDATE_INTERVAL
