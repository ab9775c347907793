"""The desk: the one thread in which everything that touches the library runs, in turn.

The event loop never waits for the library. Whatever goes wrong at the desk becomes a line for the
person who asked: a reason, or a reference to the log.
"""

import asyncio
import logging
import secrets
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from bot.discord.format import format_reason
from retrieval.answer import Answer
from retrieval.answerer import DEFAULT_TOP
from retrieval.article import Article
from retrieval.errors import QuestionError, QuothError
from retrieval.search.filter import Filter

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

RESTARTING = "I am restarting; please ask again in a moment."


class RestartingError(QuothError):
    """The bot leaves before the desk got to this."""


class Engine(Protocol):
    """What answers: an ``Answerer``. It is used in one thread, one call at a time."""

    def ask(
        self, question: str, top: int, within: Filter | None, min_confidence: float | None
    ) -> Answer:
        """Answer a question, or raise a ``QuestionError`` whose line the person is shown."""

    def article(self, article_id: str) -> Article | None:
        """An article as it is now, or None where there is none of that id."""


class Desk:
    """Asks the engine, one thing at a time, in a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ask")
        self._waiting: set[asyncio.Future[Any]] = set()
        self._leaving = False

    async def ask(
        self,
        question: str,
        *,
        within: Filter | None = None,
        top: int = DEFAULT_TOP,
        min_confidence: float | None = None,
    ) -> Answer:
        """Answer a question.

        Args:
            question: as a person typed it.
            within: which articles; by default all.
            top: how many quotes at most.
            min_confidence: below this it is "not found"; by default as the engine has it.

        Raises:
            RestartingError: the bot leaves before there is an answer.
            Exception: whatever the engine raises; ``reason`` makes a line of it.
        """
        return await self.call(lambda: self._engine.ask(question, top, within, min_confidence))

    async def article(self, article_id: str) -> Article | None:
        """Look up an article; errors as for ``ask``."""
        return await self.call(lambda: self._engine.article(article_id))

    async def call(self, function: Callable[[], _T]) -> _T:
        """Run anything else that may take its time; errors as for ``ask``."""
        if self._leaving:
            raise RestartingError(RESTARTING)
        result = asyncio.get_running_loop().run_in_executor(self._worker, function)
        self._waiting.add(result)
        try:
            # Unlike awaiting it, this tells what ``give_up`` cancels from a cancelled task.
            await asyncio.wait({result})
        finally:
            self._waiting.discard(result)
            result.cancel()
        if result.cancelled():
            raise RestartingError(RESTARTING)
        return result.result()

    def leave(self) -> None:
        """Take nothing more in."""
        self._leaving = True

    def give_up(self) -> None:
        """Have all that still waits told to ask again."""
        for result in self._waiting:
            result.cancel()

    async def close(self) -> None:
        """Wait for what the thread is at, and end it."""
        await asyncio.to_thread(self._worker.shutdown, cancel_futures=True)


def reason(error: Exception) -> str:
    """The line that a person is shown for an error; what they cannot act on is logged.

    Args:
        error: what ``Desk`` raised.
    """
    if isinstance(error, RestartingError):
        return RESTARTING
    if isinstance(error, QuestionError):
        return format_reason(str(error))
    reference = secrets.token_hex(4)
    if isinstance(error, QuothError):
        # Its line is for whoever runs the bot: it names folders and commands of this machine.
        line = " ".join(str(error).split())
        _log.error("a question could not be answered (reference %s): %s", reference, line)
        return f"The articles cannot be read just now (reference {reference})."
    _log.error("a question failed (reference %s)\n%s", reference, _frames(error))
    return f"Something went wrong (reference {reference})."


def _frames(error: BaseException) -> str:
    """Where an error came from, without its message, which may quote the question."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = _frames(cause) + "then\n" if cause is not None else ""
    return (
        f"{before}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__qualname__}\n"
    )
