"""Graceful shutdown: whoever has asked gets an answer, or is told to ask again."""

import asyncio
from collections.abc import Callable, Iterator

import discord
import pytest

from bot.discord import client
from bot.discord.client import QuothClient
from tests.bot.discord.world import QUESTION, TEXT, Engine, Gate, World

RESTARTING = "I am restarting; please ask again in a moment."


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_SECONDS_TO_FINISH", 0.1)
    monkeypatch.setattr(client, "_SECONDS_TO_NOTIFY", 1.0)


@pytest.fixture
def slow(engine: Engine) -> Iterator[Gate]:
    slow = Gate(engine, seconds=4)
    yield slow
    slow.go_on.set()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(4):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_answer_being_worked_on_is_finished(
    world: World, slow: Gate, simcord_bot: QuothClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_SECONDS_TO_FINISH", 4.0)
    world.say(QUESTION)
    await until(slow.asked.is_set)
    closing = asyncio.create_task(simcord_bot.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    slow.go_on.set()
    await closing
    assert [TEXT in reply.content for reply in world.replies()] == [True]


async def test_whoever_still_waits_is_told_to_ask_again(
    world: World,
    engine: Engine,
    slow: Gate,
    simcord_bot: QuothClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for question in ("first?", "second?", "third?"):
        world.say(question)
    await until(slow.asked.is_set)
    command = asyncio.create_task(world.reader.slash(world.channel, "ask", question="fourth?"))
    await until(lambda: len(simcord_bot.answer_service._pending) == 4)
    closing = asyncio.create_task(simcord_bot.close())
    await until(lambda: len(world.replies()) == 4)
    slow.go_on.set()
    await asyncio.gather(closing, command)
    assert [reply.content for reply in world.replies()] == [RESTARTING] * 4
    assert engine.asked == ["first?"]
    assert caplog.records == []


async def test_who_asks_while_it_leaves_is_told_at_once(
    world: World,
    engine: Engine,
    slow: Gate,
    simcord_bot: QuothClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "_SECONDS_TO_FINISH", 4.0)
    world.say("first?")
    await until(slow.asked.is_set)
    closing = asyncio.create_task(simcord_bot.close())
    await asyncio.sleep(0)
    world.say("second?")
    await until(world.replies)
    assert [reply.content for reply in world.replies()] == [RESTARTING]
    slow.go_on.set()
    await closing
    assert engine.asked == ["first?"]


async def test_what_cannot_be_sent_in_time_is_no_fault(
    world: World,
    simcord_bot: QuothClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(client, "_SECONDS_TO_NOTIFY", 0.1)
    ended: list[str] = []

    async def reply(message: discord.Message, text: str, **_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("open" if not simcord_bot.is_closed() else "closed")

    monkeypatch.setattr(discord.Message, "reply", reply)
    world.say(QUESTION)
    await until(lambda: simcord_bot._in_flight and not simcord_bot.answer_service._pending)
    await simcord_bot.close()
    assert ended == ["open"]
    assert [record.getMessage() for record in caplog.records] == ["answers left unsent: 1"]
    assert QUESTION not in caplog.text
