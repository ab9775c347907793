"""What all questions share, over every connection of a run: the limits, the queue, the trace."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bot.discord.asking.question_queue import QuestionQueue
from bot.discord.asking.rate_limits import RateLimiter, RateLimitNotice
from bot.discord.operations import traces
from bot.discord.operations.traces import Trace


@dataclass(frozen=True, slots=True)
class Throttle:
    """The rate limiter and the queue; ``on_finished`` gets each question's trace at its end."""

    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    queue: QuestionQueue = field(default_factory=QuestionQueue)
    on_finished: Callable[[Trace], object] = lambda _: None

    def trace(self, kind: str, question: str) -> AbstractContextManager[Trace]:
        """Trace a question for as long as the block runs; see ``traces.trace_question``."""
        return traces.trace_question(kind, question, self.on_finished)

    def check(self, user: int, server: int | None) -> RateLimitNotice | None:
        """Count a question, or reject it; see ``RateLimiter.check``."""
        notice = self.rate_limiter.check(user, server)
        if notice:
            traces.set_outcome("told to wait")
        return notice
