"""What the tests of the Discord bot share: an engine to ask, and a server to ask it in."""

import datetime
from collections.abc import Callable
from dataclasses import replace

import discord
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from bot.discord.format import format_answer
from retrieval.answer import Answer, Quote, Timings
from retrieval.article import Article, id_key
from retrieval.library import LibraryState
from retrieval.search.filter import Filter

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
        self.articles: dict[str, Article] = {}
        self.result: Answer | Exception = answer_of()
        self.meanwhile: Callable[[], object] = lambda: None

    def ask(
        self, question: str, top: int, within: Filter | None, min_confidence: float | None
    ) -> Answer:
        self.asked.append(question)
        self.within.append(within)
        self.meanwhile()
        if isinstance(self.result, Exception):
            raise self.result
        return replace(self.result, question=question)

    def article(self, article_id: str) -> Article | None:
        return self.articles.get(article_id)

    def article_with(self, key: str) -> Article | None:
        return next((each for each in self.articles.values() if id_key(each.id) == key), None)

    def sources(self) -> list[str]:
        return sorted({each.source for each in self.articles.values() if each.source})


class World:
    """A server with one channel and one person in it."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild: GuildHandle = env.create_guild()
        self.channel: ChannelHandle = self.guild.create_text_channel("questions")
        self.reader: MemberActor = self.guild.add_member(env.create_user("ada"))
        self.mention = f"<@{env.backend.bot_user.id}>"

    def replies(self, channel: ChannelHandle | None = None) -> list[discord.Message]:
        history = (channel or self.channel).history()
        return [m for m in history if m.author.id == self.env.backend.bot_user.id]
