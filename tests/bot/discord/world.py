"""What the tests of the Discord bot share: an engine to ask, and a server to ask it in."""

import datetime
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import simcord
from discord import app_commands
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from bot.discord.messages.answer_message import format_answer
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.indexer import IndexRequest, IndexResult, ProgressCallback, UploadIndexer
from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.answering.conversation import ExpandedQuery, Turn
from retrieval.documents.article import Article, id_key
from retrieval.library.filter import Filter
from retrieval.library.records import LibraryState
from tests.support.encoders import ReadableEncoder

QUESTION = "Where were the talks held?"
TEXT = "The talks are being held at the old office."


def answer_of(text: str = TEXT, *, title: str = "New round", answered: bool = True) -> Answer:
    article = Article(
        id="talks",
        title=title,
        date=datetime.date(2022, 3, 29),
        source=None,
        url="https://example.org/talks",
        text=text,
    )
    return Answer(
        question=QUESTION,
        answered=answered,
        confidence=0.9,
        quotes=(Quote(article, 0, len(text), 1, score=0.9),),
        library=LibraryState(generation=1, articles=1, passages=1),
        timings_ms=Timings(encode=0.0, search=0.0, read=0.0, total=0.0),
    )


def text_of(answer: Answer, *, show_question: bool = False) -> str:
    return format_answer(answer, show_question=show_question).text


class Engine:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.within: list[Filter | None] = []
        self.min_confidence: list[float | None] = []
        self.history: list[list[Turn]] = []
        self.understood: ExpandedQuery | None = None  # wherever there is a history
        self.articles: dict[str, Article] = {}
        self.result: Answer | Exception = answer_of()
        self.meanwhile: Callable[[], object] = lambda: None

    def ask(
        self,
        question: str,
        top: int,
        within: Filter | None,
        min_confidence: float | None,
        history: Sequence[Turn],
    ) -> Answer:
        self.asked.append(question)
        self.within.append(within)
        self.min_confidence.append(min_confidence)
        self.history.append(list(history))
        self.meanwhile()
        if isinstance(self.result, Exception):
            raise self.result
        understood = self.understood if history else None
        return replace(self.result, question=question, understood=understood)

    def article(self, article_id: str) -> Article | None:
        return self.articles.get(article_id)

    def article_with(self, key: str) -> Article | None:
        return next((each for each in self.articles.values() if id_key(each.id) == key), None)


class InProcessWorker:
    """An ``IndexWorker`` that indexes in this process; there is no library yet."""

    def __init__(self, store: Store, library: Path) -> None:
        self.store = store
        self.library = library
        self.encoder = ReadableEncoder()
        self.requests: list[IndexRequest] = []
        self.trouble: Exception | None = None
        self.allow_private = True

    def run(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        self.requests.append(request)
        if self.trouble:
            raise self.trouble
        indexer = UploadIndexer(self.store, self.library, self.encoder, self.allow_private)
        return indexer.run(request, progress)

    def close(self) -> None:
        pass


class Gate:
    """Holds the engine up until it may go on, or for so many seconds."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self._seconds = seconds
        engine.meanwhile = self._wait

    def _wait(self) -> None:
        self.asked.set()
        self.go_on.wait(self._seconds)


def change_settings(
    store: ServerSettingsStore, server: int, user: int, action: str, **values: Any
) -> None:
    """Set attributes of a server's ``ServerSettings``."""
    store.change(server, user, action, lambda now: replace(now, **values))


class World:
    """A server with one channel, one person in it, and one who looks after it."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild: GuildHandle = env.create_guild()
        self.channel: ChannelHandle = self.guild.create_text_channel("questions")
        self.reader: MemberActor = self.guild.add_member(env.create_user("ada"))
        managers = self.guild.create_role(
            "Managers", permissions=discord.Permissions(manage_guild=True)
        )
        self.manager: MemberActor = self.guild.add_member(env.create_user("eve"), roles=[managers])
        self.mention = f"<@{env.backend.bot_user.id}>"

    def say(self, question: str) -> None:
        """Have the bot mentioned with a question, and wait for nothing."""
        self.env.backend.create_message(
            self.channel.id, self.reader.id, f"{self.mention} {question}"
        )

    def give_to_everyone(self, command: str) -> None:
        """As one who manages a server can do it in its settings."""
        found = self.env.backend.find_command(command, None)
        assert found is not None
        self.guild.set_command_permissions(int(found["id"]), {self.guild.default_role: True})

    def take_away_managing(self) -> None:
        self.env.backend.get_member(self.guild.id, self.manager.id).role_ids.clear()

    def expect_refusals(self) -> None:
        """A check that failed, of which the person was told, is no fault of the bot."""
        assert all(isinstance(each, app_commands.CheckFailure) for each in self.env.errors)

    def direct(self) -> list[discord.Message]:
        """What the bot wrote to the reader directly."""
        history = self.reader.user.dm_channel.history()
        return [m for m in history if m.author.id == self.env.backend.bot_user.id]

    def replies(self, channel: ChannelHandle | None = None) -> list[discord.Message]:
        history = (channel or self.channel).history()
        return [m for m in history if m.author.id == self.env.backend.bot_user.id]


async def panel(world: World) -> discord.Message:
    """Open ``/quoth setup`` as the manager; the message that it is."""
    shown = await world.manager.slash(world.channel, "quoth setup")
    assert shown.ephemeral
    assert shown.response is not None
    return shown.response.message
