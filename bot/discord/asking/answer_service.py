"""Answers questions in one worker thread, which alone touches the library.

The engine is not thread-safe, and the event loop must never block on it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.discord.asking.conversations import ConversationCache
from bot.discord.asking.engine import Engine, ask_with_history
from bot.discord.asking.throttle import Throttle
from bot.discord.errors import RestartingError
from bot.discord.storage.database import Store, StoreError
from bot.discord.storage.ownership import visible_to
from bot.discord.storage.questions import Questions, StoredTurn
from bot.discord.storage.votes import Votes
from retrieval.answering.answer import Answer
from retrieval.answering.answerer import DEFAULT_TOP
from retrieval.documents.article import Article
from retrieval.library.filter import Filter

_log = logging.getLogger(__name__)

_STORE_RETRY_SECONDS = 5.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class QuestionOrigin:
    """Where a question is from.

    Attributes:
        server: the server's id, or None for a direct message.
        follows: the key of the question that this one follows, or None.
        quoted: it is the text of somebody's message, which is never stored.
    """

    server: int | None = None
    follows: str | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """An answer, and the key of its stored question; None where it could not be stored."""

    answer: Answer
    key: str | None


class AnswerService:
    """Asks the engine, one question at a time, and stores the questions."""

    def __init__(self, engine: Engine, store: Store, throttle: Throttle | None = None) -> None:
        self._engine = engine
        self.throttle = throttle or Throttle()
        self.questions = Questions(store)
        self.votes = Votes(store)
        self.conversations = ConversationCache()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ask")
        self._pending: set[asyncio.Future[Any]] = set()
        self._accepting = True
        self._store_again_at = 0.0  # after a failure nothing is stored for a while: it takes time

    async def ask(
        self,
        question: str,
        *,
        within: Filter | None = None,
        top: int = DEFAULT_TOP,
        min_confidence: float | None = None,
        origin: QuestionOrigin | None = None,
        show_status: Callable[[str], Awaitable[object]] | None = None,
    ) -> KeyedAnswer:
        """Queue a question, answer it, and store it for the buttons under the answer.

        Args:
            question: as the user typed it.
            within: which articles; by default all that no server owns.
            top: the number of quotes at most.
            min_confidence: below this the answer is "not found"; by default the engine's.
            show_status: shows the user how many questions are before theirs.

        Raises:
            RestartingError: the bot shuts down before there is an answer.
            BusyError: the queue is full.
            Exception: whatever the engine raises; ``error_message`` makes a line of it.
        """
        visible = within or visible_to(None)

        def ask() -> KeyedAnswer:
            return self._ask(question, visible, top, min_confidence, origin or QuestionOrigin())

        return await self.throttle.queue.run(lambda: self.run(ask), show_status)

    def _ask(
        self,
        question: str,
        within: Filter,
        top: int,
        min_confidence: float | None,
        origin: QuestionOrigin,
    ) -> KeyedAnswer:
        history = self._history(origin)
        answer = ask_with_history(self._engine, question, history, top, within, min_confidence)
        if time.monotonic() < self._store_again_at:
            return KeyedAnswer(answer, None)
        try:
            text = None if origin.quoted else answer.question
            key = self.questions.add(
                answer, server=origin.server, question=text, follows=origin.follows
            )
        except StoreError as error:  # the answer matters more than its buttons
            _log.error("a question could not be kept: %s", error)
            self._store_again_at = time.monotonic() + _STORE_RETRY_SECONDS
            return KeyedAnswer(answer, None)
        return KeyedAnswer(answer, key)

    def _history(self, origin: QuestionOrigin) -> Sequence[StoredTurn]:
        try:
            return self.questions.history(origin.follows, origin.server)
        except StoreError as error:
            _log.error("what was asked before could not be read: %s", error)
            return ()

    async def article(self, article_id: str, server: int | None) -> Article | None:
        """An article, where a server (None: a direct message) may see it; errors as for ``run``."""
        return _if_visible(await self.run(lambda: self._engine.article(article_id)), server)

    async def article_with(self, key: str, server: int | None) -> Article | None:
        """The same by its ``id_key``."""
        return _if_visible(await self.run(lambda: self._engine.article_with(key)), server)

    async def run(self, function: Callable[[], _T]) -> _T:
        """Run a function in the worker thread.

        Raises:
            RestartingError: the bot shuts down before it has run.
            Exception: whatever the function raises.
        """
        if not self._accepting:
            raise RestartingError()
        result = asyncio.get_running_loop().run_in_executor(self._worker, function)
        self._pending.add(result)
        try:
            # Unlike awaiting it, this tells what ``cancel_pending`` cancels from a cancelled task.
            await asyncio.wait({result})
        finally:
            self._pending.discard(result)
            result.cancel()
        if result.cancelled():
            raise RestartingError()
        return result.result()

    def stop_accepting(self) -> None:
        """Reject everything from now on with ``RestartingError``."""
        self._accepting = False

    def cancel_pending(self) -> None:
        """End everything that waits with ``RestartingError``."""
        for result in self._pending:
            result.cancel()

    async def close(self) -> None:
        """Wait for what the worker thread runs, and end the thread."""
        await asyncio.to_thread(self._worker.shutdown, cancel_futures=True)


def _if_visible(article: Article | None, server: int | None) -> Article | None:
    """The article, unless another server owns it."""
    return article if article and visible_to(server).admits_source(article.source) else None
