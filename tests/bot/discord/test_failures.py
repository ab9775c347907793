"""Failures in a simulated Discord: what users are told, and what is logged."""

import asyncio
import logging
import re
import sqlite3
import threading
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.discord.asking.answer_service import QuestionOrigin
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store
from retrieval.errors import DamagedError, EncoderError, QuestionError, QuothError
from tests.bot.discord.world import QUESTION, TEXT, Engine, World


async def test_a_question_that_cannot_be_asked_gets_its_reason(
    world: World, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.result = QuestionError("the question has no word: ask with at least one")
    await world.reader.send(world.channel, f"{world.mention} ?!")
    result = await world.reader.slash(world.channel, "ask", question="?!")
    shown = "the question has no word\\: ask with at least one"
    assert [reply.content for reply in world.replies()] == [shown, shown]
    assert result.response is not None
    assert caplog.records == []


@pytest.mark.parametrize("error", [DamagedError, EncoderError])
async def test_trouble_of_the_host_is_logged_and_told_by_a_reference(
    world: World, engine: Engine, caplog: pytest.LogCaptureFixture, error: type[QuothError]
) -> None:
    engine.result = error("/srv/library: run quoth index\n --rebuild")
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    found = re.fullmatch(
        r"The articles cannot be read just now \(reference ([0-9a-f]{8})\)\.",
        world.replies()[0].content,
    )
    assert found
    [record] = caplog.records
    assert record.getMessage().endswith(
        f"(reference {found[1]}): /srv/library: run quoth index --rebuild"
    )
    assert QUESTION not in caplog.text


async def test_a_fault_is_told_by_a_reference_and_logged_without_the_question(
    world: World, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.result = ValueError(f"cannot parse {QUESTION}")
    engine.result.__cause__ = KeyError(QUESTION)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    found = re.fullmatch(
        r"Something went wrong \(reference ([0-9a-f]{8})\)\.", world.replies()[0].content
    )
    assert found
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    logged = record.getMessage()
    assert found[1] in logged
    assert "in ask" in logged
    assert "KeyError" in logged
    assert logged.rstrip().endswith("ValueError")
    assert QUESTION not in caplog.text


async def test_a_question_that_was_deleted_is_still_answered(world: World, engine: Engine) -> None:
    backend = world.env.backend
    loop = asyncio.get_running_loop()

    def delete() -> None:
        for message in list(backend.messages[world.channel.id]):
            backend.delete_message(world.channel.id, message)

    engine.meanwhile = lambda: loop.call_soon_threadsafe(delete)
    # The simulation takes replies to what is gone; Discord refuses them in this way.
    world.env.inject_error("POST", "/channels/*/messages", status=400, code=50035)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    [reply] = world.replies()
    assert reply.reference is None
    assert TEXT in reply.content


async def test_a_channel_that_it_may_not_write_in_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    me = world.env.backend.bot_user.id
    role = next(
        role for role in world.guild.roles.values() if role.id != world.guild.default_role.id
    )
    channel = world.guild.create_text_channel("silent", overwrites={role: silent})
    await world.reader.send(channel, f"<@{me}> {QUESTION}")
    assert world.replies(channel) == []
    [record] = caplog.records
    assert f"channel {channel.id}: 403" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert QUESTION not in caplog.text


async def test_a_command_that_waited_too_long_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await world.reader.slash(world.channel, "ask", question=QUESTION)
    [record] = caplog.records
    assert "could not be sent" in record.getMessage()
    assert QUESTION not in caplog.text


@pytest.mark.parametrize("command", ["ask", "Find the source"])
async def test_a_fault_before_anything_is_asked_is_told_too(
    world: World,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    def policy(*_: object) -> None:
        raise ValueError(QUESTION)

    monkeypatch.setattr("bot.discord.client.policy_for_interaction", policy)
    if command == "ask":
        result = await world.reader.slash(world.channel, command, question=QUESTION)
    else:
        message = await world.manager.send(world.channel, TEXT)
        result = await world.reader.context_menu(world.channel, command, message)
    assert result.response is not None
    assert result.response.ephemeral
    told = r"Something went wrong \(reference ([0-9a-f]{8})\)\."
    found = re.fullmatch(told, result.response.content)
    assert found
    [record] = caplog.records
    assert found[1] in record.getMessage()
    assert QUESTION not in caplog.text
    assert len(world.env.errors) == 1


async def test_a_thread_whose_channel_is_not_known_is_a_place(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a reconnection, or where the bot may not see the channel."""
    world.env.backend.create_thread(world.channel.id, "talk", world.reader.id)
    await world.env.settle()
    [thread] = world.channel.threads
    monkeypatch.setattr(discord.Thread, "parent", None)
    await world.reader.slash(thread, "ask", question=QUESTION)
    await world.reader.send(thread, f"{world.mention} {QUESTION}")
    assert engine.asked == [QUESTION, QUESTION]


async def test_a_store_that_is_locked_keeps_nobody_waiting(
    world: World,
    simcord_bot: QuothClient,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They are answered without buttons, and only the first one has tried to be kept."""
    answer_service = simcord_bot.answer_service
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(8):  # each would take ten
            asked = [await answer_service.ask(QUESTION) for _ in range(3)]
        other.execute("ROLLBACK")
    assert [each.key for each in asked] == [None] * 3
    assert all(each.answer.answered for each in asked)
    assert len(caplog.records) == 1
    monkeypatch.setattr(answer_service, "_store_again_at", 0.0)
    assert (await answer_service.ask(QUESTION)).key


async def test_nor_does_one_that_the_bot_itself_is_busy_with(
    simcord_bot: QuothClient, store: Store
) -> None:
    busy, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.write():
            busy.set()
            done.wait(30)

    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(busy.wait, 30)
    try:
        async with asyncio.timeout(8):
            asked = await simcord_bot.answer_service.ask(
                QUESTION, origin=QuestionOrigin(follows="a" * 11)
            )
        assert asked.key is None
    finally:
        done.set()
        await holding


@pytest.mark.parametrize(("status", "code"), [(502, 0), (500, 0), (400, 50006)])
async def test_an_answer_that_discord_may_have_taken_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    real = discord.Message.reply
    kind = discord.DiscordServerError if status >= 500 else discord.HTTPException

    async def reply(message: discord.Message, *words: Any, **options: Any) -> None:
        await real(message, *words, **options)
        response: Any = SimpleNamespace(status=status, reason="x")
        raise kind(response, {"code": code, "message": "x"})

    monkeypatch.setattr(discord.Message, "reply", reply)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert len(world.replies()) == 1
