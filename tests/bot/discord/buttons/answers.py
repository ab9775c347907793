"""An answer with more quotes than one message shows, its buttons, and the votes that they keep."""

import dataclasses

import discord
from simcord import InteractionResult

from bot.discord.storage.database import Store
from retrieval.answering.answer import Answer, Quote
from retrieval.documents.article import Article, Span
from retrieval.documents.sentences import paragraphs
from tests.bot.discord.world import QUESTION, World, answer_of

TEXT = "\n\n".join(f"This is paragraph {number}. It says {number}." for number in range(1, 9))
ARTICLE = Article("talks", "New round", None, "The Herald", "https://example.org/talks", TEXT)
UPDATED = dataclasses.replace(ARTICLE, text=TEXT + "\n\nCorrection.")


def quote(number: int) -> Quote:
    span = paragraphs(TEXT)[number - 1]
    return Quote(ARTICLE, span.start, span.end, number, score=0.9)


def long_answer(*, answered: bool = True) -> Answer:
    first = dataclasses.replace(quote(2), answer=Span(quote(2).start, quote(2).start + 4))
    return dataclasses.replace(
        answer_of(answered=answered),
        quotes=(first, quote(4)),
        more=tuple(quote(number) for number in (5, 6, 7, 8)),
    )


async def answered(world: World) -> discord.Message:
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    return world.replies()[-1]


def labels(message: discord.Message) -> list[str | None]:
    return [
        item.label
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for item in row.children
        if isinstance(item, discord.Button)
    ]


def shown(result: InteractionResult) -> str:
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


def votes(store: Store) -> list[tuple[object, ...]]:
    with store.read() as connection:
        return connection.execute(
            "SELECT voter, question, article, start, stop, is_right FROM votes ORDER BY voter"
        ).fetchall()
