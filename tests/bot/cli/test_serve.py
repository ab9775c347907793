"""``quoth serve`` without a token; and the token, which is never shown."""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import settings
from bot.discord.client import QuothClient
from bot.discord.uploads.indexer import IndexRequest
from tests.support.quoth_command import ARTICLES, Quoth, in_python, write_jsonl

TOKEN = "MTk4NjIyNDgz.Cl2FMQ.secret-token"  # noqa: S105 - it is none
# The command on a machine without a network.
OFFLINE = """
import socket, sys
def refuse(*_, **__):
    raise socket.gaierror(-2, "Name or service not known")
socket.getaddrinfo = refuse
from bot.cli.main import main
main(sys.argv[1:])
"""


def test_without_a_token_it_says_what_to_do(quoth: Quoth, tmp_path: Path) -> None:
    for env in ({}, {"DISCORD_TOKEN": ""}, {"DISCORD_TOKEN": "  "}):
        done = quoth("serve", env=env)
        assert done.status == 1
        assert done.error.startswith("quoth: DISCORD_TOKEN is not set")
        assert ".env" in done.error
    assert not [*tmp_path.iterdir()], "nothing was indexed before"


def test_the_settings_do_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    chosen = settings.load()
    assert chosen.discord_token == TOKEN
    for shown in (repr(chosen), str(chosen), f"{chosen}", f"{[chosen]}"):
        assert "secret" not in shown


@pytest.mark.parametrize("flags", [[], ["--debug"]])
def test_no_network_is_told_without_the_token(
    tmp_path: Path, quoth: Quoth, flags: list[str]
) -> None:
    write_jsonl(tmp_path / "articles.jsonl", ARTICLES)
    assert quoth("index", "articles.jsonl").status == 0
    (tmp_path / "offline.py").write_text(OFFLINE)
    done = quoth(
        *flags,
        "serve",
        env={"DISCORD_TOKEN": TOKEN},
        program=[sys.executable, str(tmp_path / "offline.py")],
    )
    assert done.status == 1
    assert done.out == ""
    assert "network" in done.err.splitlines()[-1]
    assert not any(part in done.err for part in TOKEN.split("."))
    assert ("Traceback" in done.err) == bool(flags)


@pytest.mark.parametrize("where", ["environment", "file"])
@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["ask", "Where?"],
        ["ask", "🙂"],
        ["index", "missing"],
        ["articles", "show", "x"],
        ["serve", "--nonsense"],
    ],
)
def test_no_error_shows_it_not_even_with_debug(
    inside: Quoth,
    tmp_path: Path,
    command: list[str],
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if where == "environment":
        monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    else:
        (tmp_path / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\n")
    done = inside(*command)
    assert done.status in (1, 2)
    assert "secret" not in done.out + done.err


def test_a_traceback_does_not_show_it(tmp_path: Path) -> None:
    code = """
import sys
from bot import settings
from retrieval.library.local.library import LocalLibrary
def burst(*_):
    raise ZeroDivisionError(f"with {settings.load()}")
LocalLibrary.status = burst
from bot.cli.main import main
main(["--debug", "status"])
"""
    done = in_python(tmp_path, code, env={"DISCORD_TOKEN": TOKEN}, debug=True)
    assert done.status == 1
    assert "ZeroDivisionError: with Settings(" in done.err
    assert "secret" not in done.err


def test_a_connection_begun_again_can_add_articles(
    inside: Quoth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_jsonl(tmp_path / "articles.jsonl", ARTICLES)
    assert inside("index", "articles.jsonl").status == 0
    done: list[str] = []

    def run(token: str, make_client: Callable[[], QuothClient], *_: object) -> None:
        async def twice() -> None:
            async with make_client():
                pass  # dropped, which closes what it had
            async with make_client() as again:
                request = IndexRequest("file", 7, 5, "a.txt", b"Title\n\nWords.")
                done.extend((await again.article_service.run(request)).added.added)

        asyncio.run(twice())

    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    monkeypatch.setattr("bot.discord.run.run", run)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    try:
        assert inside("serve", "--no-watch").status == 0
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    assert done == ["Title"]
