"""The history of a follow-up question: its turns, with answers read from the current articles."""

import dataclasses

import discord
import pytest

from bot.discord.asking.answer_service import QuestionOrigin
from bot.discord.client import QuothClient
from bot.discord.storage.ownership import own_source, visible_to
from bot.discord.storage.server_settings import Scope, ServerSettingsStore
from retrieval.answering.answer import Answer, Quote
from retrieval.answering.conversation import Turn
from retrieval.documents.article import Article, Span
from tests.bot.discord.world import QUESTION, TEXT, Engine, World, answer_of

ARTICLE = answer_of().quotes[0].article
OFFICE = Span(TEXT.index("the old"), TEXT.index("."))
ASKED = Turn(QUESTION, "the old office")
UNKNOWN = Turn(QUESTION, "")


@pytest.fixture(autouse=True)
def _office(engine: Engine) -> None:
    keep(engine, ARTICLE)


def keep(engine: Engine, article: Article, answer: Span | None = OFFICE) -> None:
    """Have an article answer, which the engine then knows."""
    engine.articles = {article.id: article}
    engine.result = found(article, answer)


def found(article: Article, answer: Span | None = OFFICE) -> Answer:
    quote = Quote(article, 0, len(article.text), 1, score=0.9, answer=answer)
    return dataclasses.replace(answer_of(), quotes=(quote,))


async def asked(world: World) -> discord.Message:
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    return world.replies()[-1]


async def test_the_questions_before_and_what_answered_them_are_asked_with_it(
    world: World, engine: Engine
) -> None:
    await world.reader.send(world.channel, "And when?", reply_to=await asked(world))
    form = await world.reader.click(world.replies()[-1], label="Ask a follow-up")
    await world.reader.submit_modal(form, {"question": "And why?"})
    assert engine.history == [[], [ASKED], [ASKED, Turn("And when?", "the old office")]]


async def test_where_no_words_are_marked_the_quote_answered(world: World, engine: Engine) -> None:
    keep(engine, ARTICLE, answer=None)
    await world.reader.send(world.channel, "And when?", reply_to=await asked(world))
    assert engine.history[-1] == [Turn(QUESTION, TEXT)]


async def test_what_was_not_found_has_no_answer(world: World, engine: Engine) -> None:
    engine.result = answer_of(answered=False)
    await world.reader.send(world.channel, "And when?", reply_to=await asked(world))
    assert engine.history[-1] == [UNKNOWN]


@pytest.mark.parametrize("now", [dataclasses.replace(ARTICLE, text=f"No: {TEXT}"), None])
async def test_an_answer_whose_article_is_another_by_now_is_not_looked_back_on(
    world: World, engine: Engine, now: Article | None
) -> None:
    before = await asked(world)
    engine.articles = {now.id: now} if now else {}
    await world.reader.send(world.channel, "And when?", reply_to=before)
    assert engine.history[-1] == [UNKNOWN]


async def test_what_another_server_keeps_is_not_looked_back_on(
    world: World, engine: Engine, simcord_bot: QuothClient
) -> None:
    """Not even where the key of its answer is known, as to those who were answered directly."""
    keep(engine, dataclasses.replace(ARTICLE, source=own_source(7)))
    answer_service = simcord_bot.answer_service
    first = await answer_service.ask(QUESTION, within=visible_to(7), origin=QuestionOrigin(7))
    for server, seen in ((7, [ASKED]), (8, []), (None, [])):
        origin = QuestionOrigin(server, follows=first.key)
        await answer_service.ask("And when?", within=visible_to(server), origin=origin)
        assert engine.history[-1] == seen


async def test_nor_is_what_the_channel_may_not_see(
    world: World, engine: Engine, simcord_bot: QuothClient
) -> None:
    keep(engine, dataclasses.replace(ARTICLE, source="The Herald"))
    before = await asked(world)
    server_settings: ServerSettingsStore = simcord_bot.server_settings
    only = Scope(frozenset({"Tass"}))
    server_settings.change_scope(world.guild.id, 1, "the scope", world.channel.id, only)
    await world.reader.send(world.channel, "And when?", reply_to=before)
    assert engine.history[-1] == [UNKNOWN]


async def test_a_message_that_was_looked_up_is_no_turn(
    engine: Engine, simcord_bot: QuothClient
) -> None:
    answer_service = simcord_bot.answer_service
    looked_up = await answer_service.ask("What somebody wrote", origin=QuestionOrigin(quoted=True))
    second = await answer_service.ask(QUESTION, origin=QuestionOrigin(follows=looked_up.key))
    await answer_service.ask("And when?", origin=QuestionOrigin(follows=second.key))
    assert engine.history == [[], [], [ASKED]]
