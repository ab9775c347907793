"""How a question was understood, and the button that asks it again as it was typed."""

import dataclasses
from collections.abc import Sequence

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.results import InteractionResult

from bot.discord.asking.answer_service import AnswerService
from bot.discord.asking.rate_limits import RateLimit, RateLimiter
from bot.discord.asking.throttle import Throttle
from bot.discord.client import QuothClient
from bot.discord.messages.escape import escape
from bot.discord.messages.limits import MESSAGE_LIMIT
from bot.discord.operations.traces import Trace
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from retrieval.answering.conversation import ExpandedQuery
from tests.bot.discord.world import (
    QUESTION,
    TEXT,
    Engine,
    World,
    answer_of,
    change_settings,
    text_of,
)

WHEN = "And when?"
LABEL = "As I typed it"
LINE = "-# Understood as going on about\\: talks, held"


def taken(*carried: str) -> ExpandedQuery:
    """A question that is searched with words of earlier turns."""
    return ExpandedQuery(WHEN, carried, dict.fromkeys(carried, 0.2))


@pytest.fixture(autouse=True)
def _understood(engine: Engine) -> None:
    engine.understood = taken("talks", "held")


async def followed(world: World) -> discord.Message:
    """The answer to a follow-up, in the channel."""
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    await world.reader.send(world.channel, WHEN, reply_to=world.replies()[-1])
    return world.replies()[-1]


def rows(message: discord.Message) -> list[list[str | None]]:
    return [
        [item.label for item in row.children if isinstance(item, discord.Button)]
        for row in message.components
        if isinstance(row, discord.ActionRow)
    ]


def shown(result: InteractionResult) -> str:
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


def test_the_line_is_below_the_question() -> None:
    answer = dataclasses.replace(answer_of(), understood=taken("talks", "held"))
    assert text_of(answer).startswith(f"{LINE}\nVery likely (90\xa0%)\n> {TEXT}")
    assert text_of(answer, show_question=True).startswith(f"**{QUESTION}**\n{LINE}\nVery likely")


def test_what_was_taken_as_typed_has_no_line() -> None:
    answer = dataclasses.replace(answer_of(), understood=ExpandedQuery(WHEN))
    assert text_of(answer) == text_of(answer_of())


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.lists(_WORDS, min_size=1))
def test_its_words_are_shown_and_do_nothing(words: Sequence[str]) -> None:
    answer = dataclasses.replace(answer_of(), understood=taken(*words))
    line, rest = text_of(answer).split("\n", 1)
    assert line == f"-# {escape(line_of(line))}"
    assert rest == text_of(answer_of())


def line_of(line: str) -> str:
    """What is shown for a line in which every special character is escaped, to the reader."""
    shown, escaped = [], False
    for character in line.removeprefix("-# "):
        escaped = character == "\\" and not escaped
        if not escaped:
            shown.append(character)
    return "".join(shown)


def test_a_long_line_is_shortened_and_counted() -> None:
    words = [f"{'*' * 40}{number}" for number in range(8)]
    long = dataclasses.replace(answer_of("_" * 320, title="_" * 1000), understood=taken(*words))
    three = dataclasses.replace(long, quotes=long.quotes * 3)
    message = text_of(three, show_question=True)
    assert len(message.split("\n")[1]) < 320
    assert "…" in message.split("\n")[1]
    assert len(message) <= MESSAGE_LIMIT
    assert message.count("\n-# \\[") + int(message.split("-# ")[-1][0]) == 3


async def test_the_button_is_there_where_it_was_not_taken_as_typed(
    world: World, engine: Engine
) -> None:
    message = await followed(world)
    assert message.content.startswith(f"{LINE}\n")
    first = ["Context", "Ask a follow-up"]
    assert rows(world.replies()[0]) == [first, ["Right", "Wrong"]]
    assert rows(message) == [first, ["Right", "Wrong", LABEL]]
    engine.understood = ExpandedQuery(WHEN)
    assert LABEL not in str(rows(await followed(world)))


async def test_it_asks_without_what_was_before_and_tells_who_pressed_it(
    world: World, engine: Engine, store: Store
) -> None:
    message = await followed(world)
    other = world.guild.add_member(world.env.create_user("bob"))
    text = shown(await other.click(message, label=LABEL))
    assert text.startswith(f"**{WHEN}**\nVery likely (90\xa0%)\n> {TEXT}")
    assert engine.asked == [QUESTION, WHEN, WHEN]
    assert [len(history) for history in engine.history] == [0, 1, 0]
    assert engine.within[-1] == engine.within[0]
    assert len(world.replies()) == 2
    with store.read() as connection:
        kept = connection.execute("SELECT server, follows FROM asked WHERE question = ?", (WHEN,))
        assert sorted(kept, key=str)[-1] == (world.guild.id, None)


async def test_what_is_asked_next_in_a_thread_goes_on_from_it(world: World, engine: Engine) -> None:
    world.env.backend.create_thread(world.channel.id, "talk", world.reader.id)
    await world.env.settle()
    [thread] = world.channel.threads
    for question in (QUESTION, WHEN):
        await world.reader.send(thread, f"{world.mention} {question}")
    await world.reader.click(world.replies(thread)[-1], label=LABEL)
    await world.reader.send(thread, f"{world.mention} And why?")
    assert [turn.question for turn in engine.history[-1]] == [WHEN]


async def test_it_works_in_direct_messages(world: World, engine: Engine) -> None:
    grace = world.env.create_user("grace")
    await grace.send_dm(QUESTION)
    await grace.send_dm(WHEN)
    message = world.replies(grace.dm_channel)[-1]
    assert message.content.startswith(LINE)
    result = await grace.click(message, label=LABEL)
    assert f"**{WHEN}**\nVery likely" in result.response.content
    assert engine.history[-1] == []


async def test_it_keeps_to_the_servers_terms(
    world: World, engine: Engine, simcord_bot: QuothClient
) -> None:
    message = await followed(world)
    server_settings = simcord_bot.server_settings
    change_settings(server_settings, world.guild.id, 1, "threshold", min_confidence=0.7)
    await world.reader.click(message, label=LABEL)
    assert engine.min_confidence[-1] == 0.7
    change_settings(server_settings, world.guild.id, 1, "channels", channels=frozenset({5}))
    text = shown(await world.reader.click(message, label=LABEL))
    assert text == "I don't answer in this channel; ask me in <#5>."
    assert len(engine.asked) == 3


async def test_it_counts_as_a_question(
    world: World, engine: Engine, simcord_bot: QuothClient
) -> None:
    message = await followed(world)
    traces: list[Trace] = []
    limits = RateLimiter(RateLimit(1, 60.0), RateLimit(9, 60.0))
    simcord_bot.answer_service.throttle = Throttle(limits, on_finished=traces.append)
    await world.reader.click(message, label=LABEL)
    text = shown(await world.reader.click(message, label=LABEL))
    assert text.startswith("You are asking faster than I can read.")
    assert len(engine.asked) == 3
    assert [(each.kind, each.outcome) for each in traces] == [
        ("as typed", "answered"),
        ("as typed", "told to wait"),
    ]


async def test_it_works_after_a_restart_and_says_what_is_lost(
    world: World, engine: Engine, store: Store, article_service: ArticleService
) -> None:
    message = await followed(world)
    client = QuothClient(AnswerService(engine, store), ServerSettingsStore(store), article_service)
    client.shard_count = 1
    await world.env.restart_bot(client)
    assert f"**{WHEN}**\nVery likely" in shown(await world.reader.click(message, label=LABEL))
    with store.write() as connection:
        connection.execute("DELETE FROM asked")
    lost = shown(await world.reader.click(message, label=LABEL))
    assert lost == "I no longer know what was asked here; please ask again."
