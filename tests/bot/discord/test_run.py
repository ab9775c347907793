"""Login, reconnects and signals: wrong tokens, no network, shutdown."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import discord
import pytest

from bot.discord.asking.answer_service import AnswerService
from bot.discord.client import QuothClient
from bot.discord.run import BotError, run
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from tests.bot.discord.world import Engine

TOKEN = "not.a.token"  # noqa: S105 - it is none


Make = Callable[[], QuothClient]


@pytest.fixture
def client(store: Store, article_service: ArticleService) -> Make:
    return lambda: QuothClient(
        AnswerService(Engine(), store), ServerSettingsStore(store), article_service
    )


class Refusing(BaseHTTPRequestHandler):
    """Discord, as far as a bot gets that it refuses with ``status``."""

    status = 401

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def discord_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("token", [TOKEN, "not a\ntoken", "not ä token"])
def test_a_wrong_token_is_one_line_without_the_token(
    discord_server: None, client: Make, token: str
) -> None:
    with pytest.raises(BotError, match="DISCORD_TOKEN") as caught:
        run(token, client)
    assert token not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_refusal_says_with_which_status(
    discord_server: None, client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "status", 403)
    with pytest.raises(BotError, match="403") as caught:
        run(TOKEN, client)
    assert TOKEN not in str(caught.value)


def test_no_network_is_one_line(client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(
            discord.http.Route, "BASE", f"http://127.0.0.1:{unused.getsockname()[1]}"
        )
        with pytest.raises(BotError, match="cannot be reached") as caught:
            run(TOKEN, client)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(
    client: Make, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    closed: list[bool] = []

    async def login(client: discord.Client, token: str) -> None:
        assert token == TOKEN

    async def connect(client: discord.Client) -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.sleep(30)
        finally:
            closed.append(client.is_closed())

    monkeypatch.setattr(discord.Client, "login", login)
    monkeypatch.setattr(discord.AutoShardedClient, "connect", connect)
    run(TOKEN, client)
    assert closed == [False]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ask")]
