"""A trace of each question: its reference, its outcome, and how long each step took.

A user is told the reference when something goes wrong. It is in every log record about the
question (``trace``), and in the one record that each question leaves at its end.
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
"""The field of a log record that holds the question; left out unless QUOTH_LOG_QUESTIONS is 1."""


@dataclass(slots=True)
class Trace:
    """One question.

    Attributes:
        kind: how it was asked: ``command``, ``mention``, …
        reference: eight hexadecimal digits.
        outcome: how it ended; ``unsent`` until the user has been shown something.
        timings_ms: milliseconds from its arrival to each step, in order; ``total`` is the last.
        engine_ms: milliseconds that each part of the engine took.
    """

    kind: str
    reference: str = field(default_factory=lambda: secrets.token_hex(4))
    outcome: Outcome = "unsent"
    timings_ms: dict[str, float] = field(default_factory=dict)
    engine_ms: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        """Record the time of a step; only the first time counts."""
        self.timings_ms.setdefault(step, round((time.perf_counter() - self._began) * 1000, 1))

    def record_answer(self, answer: Answer) -> None:
        self.outcome = "answered" if answer.answered else "not found"
        took = answer.timings_ms
        self.engine_ms = {"encode": took.encode, "search": took.search, "read": took.read}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """The trace of the current task (a context variable), or None."""
    return _current.get()


def reference() -> str:
    """The reference of the current trace, or a new one where there is none."""
    trace = _current.get()
    return trace.reference if trace else secrets.token_hex(4)


def mark(step: str) -> None:
    """Record the time of a step in the current trace, if any."""
    if trace := _current.get():
        trace.mark(step)


def set_outcome(outcome: Outcome) -> None:
    """Set the outcome of the current trace, if any."""
    if trace := _current.get():
        trace.outcome = outcome


@contextmanager
def trace_question(
    kind: str, question: str, on_finished: Callable[[Trace], object] = lambda _: None
) -> Iterator[Trace]:
    """Trace a question during the block; at its end log a record and call ``on_finished``."""
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
        on_finished(trace)
        _current.reset(before)
