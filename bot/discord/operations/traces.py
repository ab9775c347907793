"""A trace of each question: its number, what became of it, and how long each step took.

The number is what a person is told as a reference when something goes wrong; it stands beside all
that is logged on the way, and in the one line that each question leaves in the log at its end.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from retrieval.answering.answer import Answer

_log = logging.getLogger(__name__)

Outcome = Literal[
    "answered", "not found", "reason", "told to wait", "restarting", "failed", "unsent"
]

QUESTION = "question"
"""The field of a log record that holds what was asked; the log leaves it out unless told not to."""


@dataclass(slots=True)
class Trace:
    """One question on its way.

    Attributes:
        kind: how it was asked: ``command``, ``mention``, …
        number: eight hexadecimal digits.
        outcome: what became of it; ``unsent`` until the person has been shown something.
        timings_ms: milliseconds from its arrival to each step, in order; ``total`` is the last.
        engine_ms: those that each part of the engine took, where it was asked.
    """

    kind: str
    number: str = field(default_factory=lambda: secrets.token_hex(4))
    outcome: Outcome = "unsent"
    timings_ms: dict[str, float] = field(default_factory=dict)
    engine_ms: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        """Note that a step is done; only its first time counts."""
        self.timings_ms.setdefault(step, round((time.perf_counter() - self._began) * 1000, 1))

    def note(self, answer: Answer) -> None:
        """Note what the engine answered, and how long each of its parts took."""
        self.outcome = "answered" if answer.answered else "not found"
        took = answer.timings_ms
        self.engine_ms = {"encode": took.encode, "search": took.search, "read": took.read}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """The trace of the question that this task is about, or None."""
    return _current.get()


def number() -> str:
    """The number of that trace, or else a new one."""
    trace = _current.get()
    return trace.number if trace else secrets.token_hex(4)


def mark(step: str) -> None:
    """Note that a step of the question that this task is about is done."""
    if trace := _current.get():
        trace.mark(step)


def became(outcome: Outcome) -> None:
    """Note what became of the question that this task is about."""
    if trace := _current.get():
        trace.outcome = outcome


@contextmanager
def traced(
    kind: str, question: str, finished: Callable[[Trace], object] = lambda _: None
) -> Iterator[Trace]:
    """Trace a question for as long as the block runs, and log a line at its end.

    Args:
        kind: how it was asked.
        question: what was asked.
        finished: is told of the trace at its end, such as to count it.
    """
    trace = Trace(kind)
    before = _current.set(trace)
    try:
        yield trace
    finally:
        trace.mark("total")
        _log.info(
            "%s: %s",
            kind,
            trace.outcome,
            extra={"fields": {"ms": trace.timings_ms | trace.engine_ms, QUESTION: question}},
        )
        finished(trace)
        _current.reset(before)
