"""The real command on a server: what it answers, and what stays and goes on by itself."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.library.location import as_setting
from retrieval.library.milvus.location import MilvusLocation
from retrieval.models.encoder import load_encoder
from tests.support.background_command import SERVE, running, says
from tests.support.milvus_servers import TestServer
from tests.support.quoth_command import ARTICLES, COMMAND, Done, news_in, run, write_jsonl

OWN = Path(__file__).parents[4]


@pytest.fixture(scope="module", autouse=True)
def _exported_encoder() -> None:
    """Export the encoder into the user's cache, where that has not been done."""
    load_encoder()


@pytest.fixture
def secret(milvus: MilvusLocation) -> str:
    """The library's address, with a password; these servers let everybody in."""
    return as_setting(replace(milvus, user="me", password="s3cret"))  # noqa: S106 - nobody's


@pytest.fixture
def quoth(tmp_path: Path, secret: str) -> Callable[..., Done]:
    return lambda *arguments, **named: run(
        tmp_path, arguments, env={"QUOTH_LIBRARY": secret}, **named
    )


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return news_in(tmp_path)


def test_commands_say_the_same_as_of_a_folder(quoth: Callable[..., Done], tmp_path: Path) -> None:
    write_jsonl(tmp_path / "some.jsonl", ARTICLES)

    def both(*arguments: str, **named: bytes) -> tuple[Done, Done]:
        in_a_folder = run(tmp_path, [*arguments, "--library", "library"], **named)  # type: ignore[arg-type]
        return in_a_folder, quoth(*arguments, **named)

    for arguments in (
        ["index", "--dry-run", "some.jsonl"],
        ["index", "some.jsonl"],
        ["index", "some.jsonl"],
        ["articles"],
        ["articles", "--json"],
        ["articles", "show", "bakery"],
        ["articles", "show", "bakery", "--json"],
        ["articles", "show", "nobody"],
        ["articles", "remove", "harvest"],
        ["articles", "remove", "harvest"],
        ["index", "some.jsonl"],
    ):
        folder, server = both(*arguments)
        assert server == folder, arguments
    for question in ("How much will the repairs of the bridge cost?", "Who bakes croissants?"):
        folder, server = (each.object for each in both("ask", question, "--json"))
        first, same = folder["quotes"][0], server["quotes"][0]
        told = ("text", "start", "end", "paragraph", "answer", "article")
        assert [same[name] for name in told] == [first[name] for name in told]
        assert server["answered"] is folder["answered"] is True
    folder, server = both("ask", "-", stdin=b"Who bakes croissants?\n")
    assert server.out == folder.out
    held = quoth("status", "--json").object
    assert (held["articles"], held["pending"], held["bytes"]) == (4, 0, None)
    assert "nothing is wrong (articles 4, passages" in quoth("verify").out
    labelled = {"question": "Who bakes croissants?", "answers": ["Þóra Jónsdóttir"]}
    write_jsonl(tmp_path / "questions.jsonl", [labelled])
    assert quoth("eval", "questions.jsonl", "--json").object["quote_at_1"] == 1.0


def test_a_watch_goes_on_when_a_server_that_was_away_is_back(
    server: TestServer, quoth: Callable[..., Done], news: Path, tmp_path: Path, secret: str
) -> None:
    with running(tmp_path, [COMMAND, "index", "--watch", "news"], QUOTH_LIBRARY=secret) as watch:
        says(watch, "1 added, 0 updated, 0 removed, 0 unchanged, 0 failed")
        server.kill()
        (news / "bench.txt").write_text("Bench\n\nA new bench stands in Okafor Park.\n")
        says(watch, "the library can't be reached; see that the server runs")
        server.start()
        until = time.monotonic() + 120  # it waits up to a minute between two attempts
        while not any("written again" in line for line in watch.lines):
            assert time.monotonic() < until, watch.lines
            time.sleep(0.2)
        says(watch, "1 added, 0 updated, 0 removed, 1 unchanged, 0 failed")
        asked = quoth("ask", "Where does the new bench stand?", "--json").object
        assert asked["quotes"][0]["text"] == "A new bench stands in Okafor Park."
        assert not [line for line in watch.lines if "s3cret" in line or "Traceback" in line]


def test_serve_answers_from_it_and_keeps_it_in_step(
    quoth: Callable[..., Done], news: Path, tmp_path: Path, secret: str
) -> None:
    (tmp_path / "serve.py").write_text(SERVE)
    command = [sys.executable, "serve.py", "serve"]
    env = {"QUOTH_LIBRARY": secret, "QUOTH_ARTICLES": "news", "PYTHONPATH": str(OWN)}
    with running(tmp_path, command, **env) as bot:
        says(bot, "connected")
        says(bot, "0 added, 0 updated, 0 removed, 1 unchanged, 0 failed")  # indexed at the start
        (news / "bench.txt").write_text("Bench\n\nA new bench stands in Okafor Park.\n")
        says(bot, "1 added, 0 updated, 0 removed, 1 unchanged, 0 failed")
        asked = quoth("ask", "Where does the new bench stand?", "--json").object
        assert asked["quotes"][0]["text"] == "A new bench stands in Okafor Park."
        assert not [line for line in bot.lines if "s3cret" in line or "Traceback" in line]
