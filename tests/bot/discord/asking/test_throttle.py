"""Rate limits and the queue in a simulated Discord: who waits, what is told, what is logged."""

import asyncio
import logging
from collections.abc import Iterator

import discord
import pytest
from simcord.results import InteractionResult

from bot.discord.asking.question_queue import QuestionQueue
from bot.discord.asking.rate_limits import RateLimit, RateLimiter
from bot.discord.asking.throttle import Throttle
from bot.discord.client import QuothClient
from bot.discord.operations.traces import Trace
from tests.bot.discord.world import QUESTION, TEXT, Engine, Gate, World, change_settings

OFTEN = "You are asking faster than I can read."


@pytest.fixture
def strict(simcord_bot: QuothClient) -> list[Trace]:
    """One question a minute and person, and one in line; what became of each."""
    traces: list[Trace] = []
    lasting = RateLimit(1, 60.0)
    simcord_bot.answer_service.throttle = Throttle(
        RateLimiter(lasting, RateLimit(2, 60.0)), QuestionQueue(1), traces.append
    )
    return traces


def said(result: InteractionResult) -> str:
    assert result.response is not None
    return str(result.response.content)


@pytest.fixture
def gate(engine: Engine) -> Iterator[Gate]:
    gate = Gate(engine, seconds=8)
    yield gate
    gate.go_on.set()


async def test_who_asks_too_often_by_command_is_told_alone(
    world: World, engine: Engine, strict: list[Trace]
) -> None:
    first = await world.reader.slash(world.channel, "ask", question=QUESTION)
    second = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert TEXT in said(first)
    assert second.ephemeral
    assert said(second).startswith(OFTEN)
    assert engine.asked == [QUESTION]
    assert [trace.outcome for trace in strict] == ["answered", "told to wait"]


async def test_who_mentions_too_often_is_told_once_by_a_direct_message(
    world: World, engine: Engine, strict: list[Trace]
) -> None:
    for _ in range(4):
        await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert len(world.replies()) == 1
    told = world.replies(world.reader.user.dm_channel)
    assert [message.content.startswith(OFTEN) for message in told] == [True]
    assert [trace.outcome for trace in strict] == ["answered", *["told to wait"] * 3]


async def test_who_takes_no_direct_messages_is_told_in_the_channel(
    world: World, engine: Engine, strict: list[Trace]
) -> None:
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    for _ in range(2):
        await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert [reply.content.startswith(OFTEN) for reply in world.replies()][-1:] == [True]


async def test_a_server_is_limited_and_a_direct_message_is_not(
    world: World, engine: Engine, strict: list[Trace]
) -> None:
    people = [world.guild.add_member(world.env.create_user(name)) for name in ("bob", "eve", "dan")]
    for person in people:
        result = await person.slash(world.channel, "ask", question=QUESTION)
    assert said(result).startswith("Many people on this server are asking just now.")
    other = world.env.create_user("grace")
    await other.send_dm(QUESTION)
    assert len(engine.asked) == 3


async def test_what_is_not_for_the_bot_counts_for_nothing(
    world: World, engine: Engine, strict: list[Trace]
) -> None:
    for _ in range(3):
        await world.reader.send(world.channel, "hello")
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert engine.asked == [QUESTION]
    assert len(strict) == 1


async def test_who_finds_the_line_full_is_told(
    world: World, gate: Gate, strict: list[Trace], simcord_bot: QuothClient
) -> None:
    throttle = simcord_bot.answer_service.throttle
    simcord_bot.answer_service.throttle = Throttle(
        queue=throttle.queue, on_finished=throttle.on_finished
    )
    for question in ("first?", "second?"):
        world.say(question)
    async with asyncio.timeout(4):
        while not world.replies():
            await asyncio.sleep(0.01)
    assert "waiting already" in world.replies()[0].content
    gate.go_on.set()
    await world.env.settle()
    assert [trace.outcome for trace in strict] == ["told to wait", "answered"]


async def test_each_question_leaves_one_line_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.discord")
    await world.reader.slash(world.channel, "ask", question=QUESTION)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["command: answered", "mention: answered"]
    steps = [[*vars(record)["fields"]["ms"]] for record in caplog.records]
    parts = ["total", "encode", "search", "read"]
    assert steps == [["deferred", "answered", *parts], ["typing", "answered", *parts]]


async def test_the_reference_that_a_person_is_told_is_the_trace(
    world: World, engine: Engine, simcord_bot: QuothClient
) -> None:
    traces: list[Trace] = []
    simcord_bot.answer_service.throttle = Throttle(on_finished=traces.append)
    engine.result = ValueError("it broke")
    result = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert f"(reference {traces[0].reference})" in said(result)
    assert traces[0].outcome == "failed"


async def test_what_cannot_be_sent_is_unsent(world: World, simcord_bot: QuothClient) -> None:
    traces: list[Trace] = []
    simcord_bot.answer_service.throttle = Throttle(on_finished=traces.append)
    world.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008)
    await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert [trace.outcome for trace in traces] == ["unsent"]
    assert isinstance(simcord_bot, discord.AutoShardedClient)


@pytest.mark.parametrize("barred", [True, False])
async def test_who_is_told_something_again_and_again_is_told_no_more(
    world: World, simcord_bot: QuothClient, strict: list[Trace], barred: bool
) -> None:
    """That they may not ask here, or how to ask: it costs the bot as much as an answer."""
    if barred:
        change_settings(
            simcord_bot.server_settings, world.guild.id, 1, "channels", channels=frozenset({5})
        )
    words = " hello?" if barred else ""
    for _ in range(5):
        await world.reader.send(world.channel, world.mention + words)
    told = [*world.replies(), *world.direct()]
    assert len(told) == 2
    assert sum(OFTEN in each.content for each in told) == 1
    assert len(strict) == 5
