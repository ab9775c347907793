"""Manners: who may ask now, who waits before whom, and who is told so."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.discord.asking.rate_limits import Limits, Line, Refusal, tell_place
from bot.discord.operations import traces
from bot.discord.operations.traces import Trace

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Manners:
    """What every question passes before it is asked.

    Attributes:
        limits: how often one may ask.
        line: those who wait.
        finished: is told of each question at its end.
    """

    limits: Limits = field(default_factory=Limits)
    line: Line = field(default_factory=Line)
    finished: Callable[[Trace], object] = lambda _: None

    def traced(self, kind: str, question: str) -> AbstractContextManager[Trace]:
        """Trace a question for as long as the block runs, and count it."""
        return traces.traced(kind, question, self.finished)

    def refuse(self, person: int, server: int | None) -> Refusal | None:
        """Count a question, or say why it is not taken now; see ``Limits.refuse``."""
        refusal = self.limits.refuse(person, server)
        if refusal:
            traces.became("told to wait")
        return refusal

    async def in_turn(
        self,
        ask: Callable[[], Coroutine[Any, Any, _T]],
        tell: Callable[[str], Awaitable[object]] | None,
    ) -> _T:
        """Ask when it is this question's turn.

        Args:
            ask: what asks.
            tell: shows the person how many are before them; must not raise.

        Raises:
            BusyError: too many wait already.
            Exception: whatever ``ask`` raises.
        """
        with self.line.place() as place:
            answer = asyncio.create_task(ask())
            try:
                if tell:
                    await tell_place(place, answer, tell)
                return await answer
            finally:
                answer.cancel()
