"""A real ``quoth serve`` against the loopback: it starts, answers, reconnects and shuts down."""

import asyncio
import base64
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.discord_loopback import BOT, CHANNEL, TOKEN, Fault, Loopback
from tests.support.quoth_command import ARTICLES, run, write_jsonl
from tests.support.serve_process import Serving, serving

QUESTION = "What will the repairs of the bridge cost?"
COST = "3.2 million pounds"
ANSWERS = f"channels/{CHANNEL}/messages"
RESTARTING = "I am restarting; please ask again in a moment."
# An engine that takes its time, and the ear of the process, that the test can know of.
SLOW = """
import time
from retrieval.answering.answerer import Answerer
ask = Answerer.ask
def slow(self, *arguments, **options):
    time.sleep({seconds})
    return ask(self, *arguments, **options)
Answerer.ask = slow
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    write_jsonl(folder / "articles.jsonl", ARTICLES)
    assert run(folder, ["index", "articles.jsonl"]).status == 0
    return folder / "library"


@pytest.fixture
async def discord() -> AsyncIterator[Loopback]:
    async with Loopback() as loopback:
        yield loopback


def texts(discord: Loopback, part: str = "messages") -> list[str]:
    return [json.dumps(body, ensure_ascii=False) for body in discord.sent(part)]


async def leave(bot: Serving, number: int = signal.SIGTERM) -> float:
    began = time.monotonic()
    bot.process.send_signal(number)
    assert await bot.ended() == 0
    return time.monotonic() - began


async def test_it_starts_answers_and_leaves(discord: Loopback, library: Path) -> None:
    discord.shards = 2
    async with serving(discord, library) as bot:
        await discord.until(lambda: discord.connected["ready"] == 2)
        assert discord.connected["identify"] == 2
        commands = {each["name"] for each in discord.sent("commands")[0]}
        assert "ask" in commands
        await discord.mention(QUESTION)
        await discord.until(lambda: texts(discord, ANSWERS))
        token = await discord.command(QUESTION)
        await discord.until(lambda: texts(discord, f"{token}/messages"))
        [deferral] = discord.sent(f"{token}/callback")
        assert deferral["type"] == 5
        assert all(COST in text for text in texts(discord))
        assert len(texts(discord)) == 2
        await discord.until(lambda: "connected to Discord: 1 server" in bot.said)
        assert await leave(bot) < 10
    assert QUESTION not in bot.said


@pytest.mark.parametrize("as_json", [False, True])
async def test_the_log_shows_what_was_asked_only_when_told_to(
    discord: Loopback, library: Path, as_json: bool
) -> None:
    env = {"QUOTH_LOG_QUESTIONS": "1", "QUOTH_LOG_FORMAT": "json" if as_json else "readable"}
    async with serving(discord, library, env=env) as bot:
        await discord.until(lambda: discord.connected["ready"])
        await discord.mention(QUESTION)
        await discord.until(lambda: QUESTION in bot.said)
        await leave(bot)
    if as_json:
        records = [json.loads(line) for line in bot.lines]
        [asked] = [record for record in records if "question" in record]
        assert asked["question"] == QUESTION
        assert {"encode", "search", "read", "total"} <= asked["ms"].keys()
        assert len(asked["trace"]) == 8


async def test_a_wrong_token_is_one_line(discord: Loopback, library: Path) -> None:
    wrong = f"{base64.b64encode(BOT.encode()).decode()}.Wrong2.another-secret"
    async with serving(discord, library, token=wrong) as bot:
        assert await bot.ended() == 1
    assert bot.lines[-1].startswith("quoth: Discord refused the bot's token; set DISCORD_TOKEN")
    assert sum("refused" in line for line in bot.lines) == 1


async def test_a_token_that_is_reset_while_it_runs_ends_it(
    discord: Loopback, library: Path
) -> None:
    async with serving(discord, library) as bot:
        await discord.until(lambda: discord.connected["ready"])
        await discord.drop(4004)
        assert await bot.ended() == 1
    assert bot.lines[-1].startswith("quoth: Discord refused the bot's token")


async def test_too_many_requests_are_waited_out(discord: Loopback, library: Path) -> None:
    limit = {"message": "You are being rate limited.", "retry_after": 0.3, "global": False}
    discord.faults = [
        Fault(part, 429, 1, limit, {"Retry-After": "0.3"})
        for part in ("users/@me", "/messages", "/callback", "/commands")
    ]
    async with serving(discord, library) as bot:
        await discord.until(lambda: discord.connected["ready"])
        await discord.mention(QUESTION)
        await discord.until(lambda: len(texts(discord, ANSWERS)) == 2)
        token = await discord.command(QUESTION)
        await discord.until(lambda: texts(discord, f"{token}/messages"))
        await asyncio.sleep(0.5)  # and nothing more
        await leave(bot)
    assert not [fault for fault in discord.faults if fault.times]
    assert len(texts(discord, ANSWERS)) == 2, "once refused, once taken"
    assert len(texts(discord, f"{token}/messages")) == 1


@pytest.mark.parametrize("how", ["closed", "cut", "asked", "invalid"])
async def test_a_gateway_that_drops_is_resumed(discord: Loopback, library: Path, how: str) -> None:
    async with serving(discord, library) as bot:
        await discord.until(lambda: discord.connected["ready"])
        match how:
            case "closed":
                await discord.drop(1001)
            case "cut":
                await discord.drop(None)
            case "asked":
                await discord.ask_to_reconnect()
            case "invalid":
                await discord.invalidate()
        again = "identify" if how == "invalid" else "resume"
        before = 1 if how == "invalid" else 0
        await discord.until(lambda: discord.connected[again] == before + 1)
        await asyncio.sleep(0.1)
        await discord.mention(QUESTION)
        await discord.until(lambda: texts(discord, ANSWERS))
        assert await leave(bot) < 10
    assert COST in texts(discord, ANSWERS)[0]


@pytest.mark.parametrize("gateway", ["refuse", "hang up", "drop"])
async def test_a_gateway_that_is_away_for_long_is_not_pestered(
    discord: Loopback, library: Path, gateway: str
) -> None:
    async with serving(discord, library) as bot:
        await discord.until(lambda: discord.connected["ready"])
        before = discord.connected["connect"]
        discord.gateway = gateway
        await discord.drop(1001)
        await asyncio.sleep(6)
        assert 1 <= discord.connected["connect"] - before <= 7
        discord.gateway = "open"
        ready = discord.connected["ready"] + discord.connected["resume"]
        await discord.until(
            lambda: discord.connected["ready"] + discord.connected["resume"] > ready
        )
        await asyncio.sleep(0.1)
        await discord.mention(QUESTION)
        await discord.until(lambda: texts(discord, ANSWERS))
        await leave(bot)
    assert len(bot.lines) < 30


async def test_the_answer_in_flight_is_finished(discord: Loopback, library: Path) -> None:
    async with serving(discord, library, extra=SLOW.format(seconds=1.5)) as bot:
        await discord.until(lambda: discord.connected["ready"])
        await discord.mention(QUESTION)
        await discord.until(lambda: discord.sent("typing"))
        assert await leave(bot) < 10
    assert [COST in text for text in texts(discord, ANSWERS)] == [True]


async def test_who_waits_long_sees_their_place_until_the_answer_comes(
    discord: Loopback, library: Path
) -> None:
    place = "You are in line: 1 question is before yours."
    async with serving(discord, library, extra=SLOW.format(seconds=3)) as bot:
        await discord.until(lambda: discord.connected["ready"])
        await discord.mention(QUESTION)
        await discord.mention(QUESTION)
        await discord.until(
            lambda: [path for method, path, *_ in discord.requests if method == "DELETE"]
        )
        await leave(bot)
    told = [body["content"] for body in discord.sent(ANSWERS) if body]
    assert told[0] == place
    assert [COST in text for text in told] == [False, True, True]


async def test_what_does_not_end_is_left_within_ten_seconds(
    discord: Loopback, library: Path
) -> None:
    async with serving(discord, library, extra=SLOW.format(seconds=40)) as bot:
        await discord.until(lambda: discord.connected["ready"])
        await discord.mention(QUESTION)
        await discord.until(lambda: discord.sent("typing"))
        began = time.monotonic()
        bot.process.terminate()
        assert await bot.ended() == 1
        assert time.monotonic() - began < 11
    assert RESTARTING in texts(discord, ANSWERS)[0]
    assert "leaving without it" in bot.lines[-1]


async def test_health_and_figures_are_shown_while_it_runs(
    discord: Loopback, library: Path, unused_tcp_port: int
) -> None:
    address = f"http://127.0.0.1:{unused_tcp_port}"
    async with (
        serving(discord, library, env={"QUOTH_METRICS_PORT": str(unused_tcp_port)}) as bot,
        aiohttp.ClientSession() as session,
    ):
        await discord.until(lambda: discord.connected["ready"])
        await discord.mention(QUESTION)
        await discord.until(lambda: texts(discord, ANSWERS))
        await discord.until(lambda: "connected to Discord" in bot.said)
        async with session.get(f"{address}/health") as health:
            assert health.status == 200
        async with session.get(f"{address}/metrics") as figures:
            text = await figures.text()
        assert 'quoth_questions_total{kind="mention",outcome="answered"} 1.0' in text
        assert "quoth_servers 1.0" in text
        assert "quoth_shards_connected 1.0" in text
        discord.gateway = "refuse"
        await discord.drop(1001)
        await asyncio.sleep(0.5)
        async with session.get(f"{address}/health") as health:
            assert health.status == 503
        await leave(bot)


async def test_a_server_that_keeps_a_permission_back_is_named_once(
    discord: Loopback, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support import discord_loopback as loopback

    monkeypatch.setitem(loopback._ROLE, "permissions", "1024")
    async with serving(discord, library) as bot:
        await discord.until(lambda: "keeps back" in bot.said)
        await leave(bot)
    [line] = [line for line in bot.lines if "keeps back" in line]
    assert "Send Messages, Read Message History, Send Messages In Threads" in line
    assert "quoth serve --invite" in line


def test_the_token_of_the_loopback_looks_like_one() -> None:
    assert TOKEN.split(".")[0] == base64.b64encode(BOT.encode()).decode()
