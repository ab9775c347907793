"""Manners: how often a person and a server may ask, and who waits before whom.

Nobody is passed over in silence: who may not ask now is told so, and when they may again.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bot.discord.errors import BusyError
from bot.wording import counted

_FORGET_ABOVE = 1_000  # people and servers that are remembered before those at rest are forgotten
SECONDS_UNTIL_TOLD = 2.0
SECONDS_BETWEEN = 5.0  # Discord takes five edits in five seconds, for a whole channel


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one may ask: so many at once, and one more each so many seconds."""

    at_once: int
    seconds: float


PERSON = Rate(at_once=5, seconds=5.0)
SERVER = Rate(at_once=30, seconds=1.0)
LONGEST = 100
"""Questions that may wait; at a fifth of a second each, the last one waits for twenty."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question is not taken now.

    Attributes:
        line: what the person is told.
        known: they were told before, and the time that it named is not over: a message need not
            tell them again.
    """

    line: str
    known: bool


class Limits:
    """Who may ask now. Remembers only those who asked a moment ago.

    Args:
        person: what one person may, over all servers.
        server: what all people of a server may together.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        person: Rate = PERSON,
        server: Rate = SERVER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._people = _Meter(person)
        self._servers = _Meter(server)
        self._clock = clock
        self._told: dict[int, float] = {}  # until when a person knows that they have to wait

    def refuse(self, person: int, server: int | None) -> Refusal | None:
        """Count a question, or say why it is not taken; one that is not taken counts for nothing.

        Args:
            person: the id of who asks.
            server: the id of where, or None for a direct message.
        """
        now = self._clock()
        alone = self._people.wait(person, now)
        together = self._servers.wait(server, now) if server is not None else 0.0
        if not alone and not together:
            self._people.count(person, now)
            if server is not None:
                self._servers.count(server, now)
            return None
        wait = max(alone, together)
        known = self._told.get(person, now) > now
        if not known:
            self._told = {who: until for who, until in self._told.items() if until > now}
            self._told[person] = now + wait
        return Refusal(_WAIT[alone >= together].format(counted(math.ceil(wait), "second")), known)


_WAIT = {
    True: "You are asking faster than I can read. Please ask again in {}.",
    False: "Many people on this server are asking just now. Please ask again in {}.",
}


class _Meter:
    """Counts by the time at which all that was counted would have been, one at a time."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._until: dict[int, float] = {}

    def wait(self, who: int, now: float) -> float:
        """Seconds until this one may ask; 0 for now."""
        ahead = max(0.0, self._until.get(who, now) - now)
        return max(0.0, ahead - (self._rate.at_once - 1) * self._rate.seconds)

    def count(self, who: int, now: float) -> None:
        """Count one question."""
        if len(self._until) >= _FORGET_ABOVE:
            self._until = {each: until for each, until in self._until.items() if until > now}
        self._until[who] = max(self._until.get(who, now), now) + self._rate.seconds


class Place:
    """A place in the line."""

    def __init__(self, line: "Line") -> None:
        self._line = line

    @property
    def ahead(self) -> int:
        """How many are before it."""
        return self._line.ahead(self)


class Line:
    """Those who wait for an answer, in the order in which they came.

    Args:
        longest: how many there may be.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._places: dict[Place, None] = {}

    def __len__(self) -> int:
        return len(self._places)

    def ahead(self, place: Place) -> int:
        """How many are before a place."""
        return [*self._places].index(place)

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Stand in line for as long as the block runs.

        Raises:
            BusyError: it is as long as it may be.
        """
        if len(self._places) >= self._longest:
            raise BusyError(
                f"{len(self._places):,} questions are waiting already, as many as I can keep."
                " Please ask again in a minute."
            )
        place = Place(self)
        self._places[place] = None
        try:
            yield place
        finally:
            del self._places[place]


async def tell_place(
    place: Place,
    answer: asyncio.Future[Any],
    tell: Callable[[str], Awaitable[object]],
) -> None:
    """Wait for an answer, telling from time to time how many questions are before it.

    Who is next, or has an answer within some seconds, is told nothing.

    Args:
        place: where it stands.
        answer: what is waited for; it is neither cancelled nor looked into.
        tell: shows the person a line.
    """
    told, pause = 0, SECONDS_UNTIL_TOLD
    while not (await asyncio.wait({answer}, timeout=pause))[0]:
        ahead = place.ahead
        if ahead and ahead != told:
            are = "is" if ahead == 1 else "are"
            await tell(f"You are in line: {counted(ahead, 'question')} {are} before yours.")
            told = ahead
        pause = SECONDS_BETWEEN
