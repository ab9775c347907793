"""The buttons under an answer: what each shows, to whoever clicks, also after a restart."""

import asyncio
import dataclasses
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import discord
import pytest
import simcord

from bot.discord.asking.answer_service import AnswerService
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store, StoreError
from bot.discord.storage.questions import StoredTurn
from bot.discord.storage.schema import TABLES
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from retrieval.answering.answer import Answer, Quote
from retrieval.documents.article import Article
from retrieval.documents.sentences import paragraphs
from tests.bot.discord.buttons.answers import (
    ARTICLE,
    UPDATED,
    answered,
    labels,
    long_answer,
    quote,
    shown,
    votes,
)
from tests.bot.discord.world import QUESTION, Engine, InProcessWorker, World, answer_of

LABELS = ["More", "Context", "Ask a follow-up", "Right", "Wrong"]


@pytest.fixture(autouse=True)
def _articles(engine: Engine) -> None:
    engine.articles = {ARTICLE.id: ARTICLE}
    engine.result = long_answer()


async def test_they_are_under_every_answer(world: World) -> None:
    assert labels(await answered(world)) == LABELS
    result = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert result.response is not None
    assert labels(world.replies()[-1]) == LABELS


async def test_under_what_is_no_answer_there_are_none(world: World) -> None:
    await world.reader.send(world.channel, world.mention)
    assert labels(world.replies()[-1]) == []


async def test_without_anything_found_nothing_is_offered_to_read(
    world: World, engine: Engine
) -> None:
    engine.result = dataclasses.replace(answer_of(answered=False), quotes=())
    assert labels(await answered(world)) == ["Ask a follow-up", "Right", "Wrong"]


async def test_what_is_pressed_is_acknowledged_before_anything_is_looked_up(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await answered(world)
    before: list[object] = []

    def article(_: str) -> Article | None:
        before.extend(request.json for request in world.env.http_requests)
        return None

    monkeypatch.setattr(engine, "article", article)
    await world.reader.click(message, label="More")
    deferred = discord.InteractionResponseType.deferred_channel_message.value
    assert before[-1] == {"type": deferred, "data": {"flags": 64}}


async def test_more_shows_the_next_passages_and_then_those_after_them(world: World) -> None:
    result = await world.reader.click(await answered(world), label="More")
    assert [f"paragraph {n}." in shown(result) for n in range(1, 9)] == [False] * 4 + [True] * 3 + [
        False
    ]
    assert "\\[3\\] [New round]" in shown(result)
    assert result.response is not None
    last = await world.reader.click(result.response, label="More")
    assert "> This is paragraph 8." in shown(last)
    assert "\\[6\\]" in shown(last)
    assert last.response is not None
    assert not last.response.components


async def test_more_begins_with_what_did_not_fit(world: World, engine: Engine) -> None:
    long = Article("long", "Long", None, None, None, "*" * 900 + "\n\n" + "_" * 900)
    spans = paragraphs(long.text)
    quotes = tuple(
        Quote(long, span.start, span.end, number, score=0.9)
        for number, span in enumerate(spans, start=1)
    )
    engine.articles[long.id] = long
    engine.result = dataclasses.replace(answer_of(), quotes=quotes)
    message = await answered(world)
    assert "1 of 2 quotes did not fit" in message.content
    result = await world.reader.click(message, label="More")
    assert "\\_" * 900 in shown(result)


async def test_context_shows_the_paragraphs_around_the_quote(world: World) -> None:
    result = await world.reader.click(await answered(world), label="Context")
    assert shown(result) == (
        "> This is paragraph 1. It says 1.\n> \n"
        "> **This is paragraph 2. It says 2.**\n> \n"
        "> This is paragraph 3. It says 3.\n"
        "-# \\[1\\] [New round](<https://example.org/talks>) · ¶\xa02"
    )
    assert result.response is not None
    other = await world.reader.click(result.response, label="Context of [2]")
    assert "**This is paragraph 4. It says 4.**" in shown(other)


@pytest.mark.parametrize("label", ["More", "Context"])
async def test_an_article_that_changed_is_said_to_be_updated(
    world: World, engine: Engine, label: str
) -> None:
    message = await answered(world)
    engine.articles[ARTICLE.id] = UPDATED
    result = await world.reader.click(message, label=label)
    assert "[New round](<https://example.org/talks>) · updated since" in shown(result)
    assert "paragraph" not in shown(result)


@pytest.mark.parametrize("label", ["More", "Context"])
async def test_an_article_that_is_gone_is_said_to_be_withdrawn(
    world: World, engine: Engine, label: str
) -> None:
    message = await answered(world)
    engine.articles.clear()
    result = await world.reader.click(message, label=label)
    assert "withdrawn" in shown(result)


async def test_a_person_has_one_vote_and_may_change_it(world: World, store: Store) -> None:
    message = await answered(world)
    start = quote(2).start
    place = (QUESTION, "talks", start, start + 4)
    assert "Noted: you call this answer right" in shown(
        await world.reader.click(message, label="Right")
    )
    assert votes(store) == [(world.reader.id, *place, 1)]
    assert "before" in shown(await world.reader.click(message, label="Right"))
    await world.reader.click(message, label="Wrong")
    assert votes(store) == [(world.reader.id, *place, 0)]
    other = world.guild.add_member(world.env.create_user("bob"))
    await other.click(message, label="Right")
    assert votes(store) == [(world.reader.id, *place, 0), (other.id, *place, 1)]


async def test_a_vote_on_not_found_names_no_passage(
    world: World, engine: Engine, store: Store
) -> None:
    engine.result = long_answer(answered=False)
    await world.reader.click(await answered(world), label="Right")
    assert votes(store) == [(world.reader.id, QUESTION, None, None, None, 1)]


async def test_a_follow_up_is_asked_by_a_form_and_answered_for_all(
    world: World, engine: Engine, store: Store
) -> None:
    form = await world.reader.click(await answered(world), label="Ask a follow-up")
    result = await world.reader.submit_modal(form, {"question": " And when? "})
    assert engine.asked == [QUESTION, "And when?"]
    assert result.response is not None
    assert result.response.content.startswith("**And when?**\nVery likely")
    assert not result.response.ephemeral
    with store.read() as connection:
        rows = connection.execute("SELECT key, question, follows FROM asked").fetchall()
    keys = {question: key for key, question, _ in rows}
    assert {question: follows for _, question, follows in rows} == {
        QUESTION: None,
        "And when?": keys[QUESTION],
    }


async def test_a_follow_up_of_a_private_answer_is_private(world: World) -> None:
    first = await world.reader.slash(world.channel, "ask", question=QUESTION, private=True)
    assert first.response is not None
    form = await world.reader.click(first.response, label="Ask a follow-up")
    result = await world.reader.submit_modal(form, {"question": "And when?"})
    assert "**And when?**" in shown(result)


async def test_what_was_asked_before_is_handed_on(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: list[list[str | None]] = []

    def ask(_: Engine, question: str, history: Sequence[StoredTurn], *__: object) -> Answer:
        histories.append([turn.question for turn in history])
        return dataclasses.replace(long_answer(), question=question)

    monkeypatch.setattr("bot.discord.asking.answer_service.ask_with_history", ask)
    first = await answered(world)
    await world.reader.send(world.channel, "And when?", reply_to=first)
    form = await world.reader.click(world.replies()[-1], label="Ask a follow-up")
    await world.reader.submit_modal(form, {"question": "And why?"})
    assert histories == [[], [QUESTION], [QUESTION, "And when?"]]


async def test_two_clicks_at_once_are_both_answered(world: World) -> None:
    message = await answered(world)
    other = world.guild.add_member(world.env.create_user("bob"))
    results = [
        await world.reader.click(message, label="More"),
        await other.click(message, label="More"),
        await other.click(message, label="Context"),
    ]
    assert all("paragraph" in shown(result) for result in results)


async def test_where_nothing_can_be_kept_there_is_still_an_answer(
    world: World, simcord_bot: QuothClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(*_: object, **__: object) -> str:
        raise StoreError("discord.sqlite: the disk is full; free some space")

    monkeypatch.setattr(simcord_bot.answer_service.questions, "add", keep)
    message = await answered(world)
    assert labels(message) == ["Context"]
    assert "**This is paragraph 2" in shown(await world.reader.click(message, label="Context"))


async def test_a_store_that_is_lost_leaves_context(world: World, store: Store) -> None:
    message = await answered(world)
    with store.write() as connection:
        connection.execute("DELETE FROM asked")
    for label in ("More", "Right"):
        result = await world.reader.click(message, label=label)
        assert shown(result) == "I no longer know what was asked here; please ask again."
    assert "**This is paragraph 2" in shown(await world.reader.click(message, label="Context"))


async def test_a_button_of_a_deleted_message_is_no_fault(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = await answered(world)
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await world.reader.click(message, label="More")
    [record] = caplog.records
    assert "could not be sent" in record.getMessage()


async def test_trouble_behind_a_button_is_told_by_a_reference(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    message = await answered(world)

    def article(_: str) -> Article | None:
        raise ValueError(QUESTION)

    monkeypatch.setattr(engine, "article", article)
    result = await world.reader.click(message, label="More")
    assert shown(result).startswith("Something went wrong (reference ")
    assert QUESTION not in caplog.text


async def test_they_work_after_a_restart(tmp_path: Path, engine: Engine) -> None:
    """A new process state, the same store and library: old messages, and a form left open."""

    async def client() -> QuothClient:
        index_worker = InProcessWorker(store, tmp_path / "library")
        article_service = ArticleService(store, index_worker.library, index_worker)
        made = QuothClient(
            AnswerService(engine, store), ServerSettingsStore(store), article_service
        )
        made.shard_count = 1
        clients.append(made)
        return made

    clients: list[QuothClient] = []
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as store:
        async with simcord.run(await client()) as env:
            world = World(env)
            message = await answered(world)
            form = await world.reader.click(message, label="Ask a follow-up")
            await asyncio.wait_for(env.restart_bot(await client()), 30)
            message = world.replies()[-1]
            assert "paragraph 5" in shown(await world.reader.click(message, label="More"))
            assert "paragraph 3" in shown(await world.reader.click(message, label="Context"))
            assert "Noted" in shown(await world.reader.click(message, label="Wrong"))
            result = await world.reader.submit_modal(form, {"question": "And when?"})
            assert result.response is not None
            assert "And when?" in result.response.content
    for each in clients:  # the first went as if it had been killed
        await each.answer_service.close()
