"""The desk: the one thread in which everything that touches the library runs, in turn.

The event loop never waits for the library.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.discord.asking.conversations import Talks
from bot.discord.asking.engine import Engine
from bot.discord.asking.follow_ups import ask_following
from bot.discord.asking.throttle import Manners
from bot.discord.errors import RestartingError
from bot.discord.storage.database import Store, StoreError
from bot.discord.storage.ownership import visible_to
from bot.discord.storage.questions import AskedQuestions, Turn
from bot.discord.storage.votes import Votes
from retrieval.answering.answer import Answer
from retrieval.answering.answerer import DEFAULT_TOP
from retrieval.documents.article import Article
from retrieval.library.filter import Filter

_log = logging.getLogger(__name__)

_SECONDS_OF_REST = 5.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a question is from.

    Attributes:
        server: the id of the server, or None for a direct message.
        follows: the key of the question that this one follows, or None.
        quoted: it is somebody's message, which was looked up: its words are not kept.
    """

    server: int | None = None
    follows: str | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the key that its question is kept by: None where it could not be kept."""

    answer: Answer
    key: str | None


class Desk:
    """Asks the engine, one thing at a time, in a thread of its own.

    Args:
        engine: what answers.
        store: what the bot keeps; questions and votes go there.
        manners: who may ask now, and who waits before whom.
    """

    def __init__(self, engine: Engine, store: Store, manners: Manners | None = None) -> None:
        self._engine = engine
        self.manners = manners or Manners()
        self.asked = AskedQuestions(store)
        self.votes = Votes(store)
        self.talks = Talks()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ask")
        self._waiting: set[asyncio.Future[Any]] = set()
        self._leaving = False
        self._keeping_from = 0.0  # after a failure nothing is kept for a while: it takes time

    async def ask(
        self,
        question: str,
        *,
        within: Filter | None = None,
        top: int = DEFAULT_TOP,
        min_confidence: float | None = None,
        asker: Asker | None = None,
        tell: Callable[[str], Awaitable[object]] | None = None,
    ) -> Asked:
        """Answer a question, and keep it for the buttons under the answer.

        Args:
            question: as a person typed it.
            within: which articles; by default all that no server keeps for itself.
            top: how many quotes at most.
            min_confidence: below this it is "not found"; by default as the engine has it.
            asker: where it is from.
            tell: shows the person how many questions are before theirs, where it takes long.

        Returns:
            The answer, and the key that it is kept by.

        Raises:
            RestartingError: the bot leaves before there is an answer.
            BusyError: too many questions wait already.
            Exception: whatever the engine raises; ``reason`` makes a line of it.
        """
        seen = within or visible_to(None)

        def ask() -> Asked:
            return self._ask(question, seen, top, min_confidence, asker or Asker())

        return await self.manners.in_turn(lambda: self.call(ask), tell)

    def _ask(
        self,
        question: str,
        within: Filter,
        top: int,
        min_confidence: float | None,
        asker: Asker,
    ) -> Asked:
        history = self._history(asker)
        answer = ask_following(self._engine, question, history, top, within, min_confidence)
        if time.monotonic() < self._keeping_from:
            return Asked(answer, None)
        try:
            kept = None if asker.quoted else answer.question
            key = self.asked.keep(answer, server=asker.server, question=kept, follows=asker.follows)
        except StoreError as error:  # the answer matters more than what could be done with it
            _log.error("a question could not be kept: %s", error)
            self._keeping_from = time.monotonic() + _SECONDS_OF_REST
            return Asked(answer, None)
        return Asked(answer, key)

    def _history(self, asker: Asker) -> Sequence[Turn]:
        try:
            return self.asked.history(asker.follows, asker.server)
        except StoreError as error:
            _log.error("what was asked before could not be read: %s", error)
            return ()

    async def article(self, article_id: str, server: int | None) -> Article | None:
        """Look up an article that a server (None: a direct message) may see.

        Errors are those of ``ask``.
        """
        return _if_seen(await self.call(lambda: self._engine.article(article_id)), server)

    async def article_with(self, key: str, server: int | None) -> Article | None:
        """The same by its ``id_key``."""
        return _if_seen(await self.call(lambda: self._engine.article_with(key)), server)

    async def call(self, function: Callable[[], _T]) -> _T:
        """Run anything else that may take its time; errors as for ``ask``."""
        if self._leaving:
            raise RestartingError()
        result = asyncio.get_running_loop().run_in_executor(self._worker, function)
        self._waiting.add(result)
        try:
            # Unlike awaiting it, this tells what ``give_up`` cancels from a cancelled task.
            await asyncio.wait({result})
        finally:
            self._waiting.discard(result)
            result.cancel()
        if result.cancelled():
            raise RestartingError()
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


def _if_seen(article: Article | None, server: int | None) -> Article | None:
    """An article, unless another server keeps it for itself."""
    return article if article and visible_to(server).admits_source(article.source) else None
