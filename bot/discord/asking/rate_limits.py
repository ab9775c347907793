"""Rate limits on questions: per user, over all servers, and per server.

Nobody is ignored silently: whoever is over the limit is told so, and when to ask again.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.wording import counted

_CLEAN_UP_ABOVE = 1_000  # buckets; then the empty ones are dropped


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A leaky bucket: ``burst`` questions at once, then one more every ``interval`` seconds."""

    burst: int
    interval: float


PER_USER = RateLimit(burst=5, interval=5.0)
PER_SERVER = RateLimit(burst=30, interval=1.0)


@dataclass(frozen=True, slots=True)
class RateLimitNotice:
    """Why a question is rejected.

    Attributes:
        already_told: the user was told before, and the time named then is not over: a message
            need not be answered again.
    """

    text: str
    already_told: bool


class RateLimiter:
    """Counts questions against the limits.

    Args:
        server: the limit per server, for all its members together.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        user: RateLimit = PER_USER,
        server: RateLimit = PER_SERVER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._users = _LeakyBuckets(user)
        self._servers = _LeakyBuckets(server)
        self._clock = clock
        self._told_until: dict[int, float] = {}  # by user: the time that the last notice named

    def check(self, user: int, server: int | None) -> RateLimitNotice | None:
        """Count a question, or reject it; a rejected one counts against no limit.

        Args:
            server: the server's id, or None for a direct message.

        Returns:
            None where the question is accepted.
        """
        now = self._clock()
        user_wait = self._users.wait(user, now)
        server_wait = self._servers.wait(server, now) if server is not None else 0.0
        if not user_wait and not server_wait:
            self._users.count(user, now)
            if server is not None:
                self._servers.count(server, now)
            return None
        wait = max(user_wait, server_wait)
        already_told = self._told_until.get(user, now) > now
        if not already_told:
            self._told_until = {each: t for each, t in self._told_until.items() if t > now}
            self._told_until[user] = now + wait
        text = _OWN_LIMIT if user_wait >= server_wait else _SERVER_LIMIT
        return RateLimitNotice(text.format(counted(math.ceil(wait), "second")), already_told)


_OWN_LIMIT = "You are asking faster than I can read. Please ask again in {}."
_SERVER_LIMIT = "Many people on this server are asking just now. Please ask again in {}."


class _LeakyBuckets:
    """One bucket per id, kept as the time when it will be empty."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._empty_at: dict[int, float] = {}

    def wait(self, key: int, now: float) -> float:
        """Seconds until the next question is accepted; 0 for now."""
        level = max(0.0, self._empty_at.get(key, now) - now)
        return max(0.0, level - (self._limit.burst - 1) * self._limit.interval)

    def count(self, key: int, now: float) -> None:
        if len(self._empty_at) >= _CLEAN_UP_ABOVE:
            self._empty_at = {each: t for each, t in self._empty_at.items() if t > now}
        self._empty_at[key] = max(self._empty_at.get(key, now), now) + self._limit.interval
