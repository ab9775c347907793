"""``quoth index --watch``, and the watcher that ``quoth serve`` keeps beside it."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import site_server
from tests.support.background_command import SERVE, running, says
from tests.support.quoth_command import COMMAND, Quoth, news_in
from tests.support.watch_process import Watcher

WATCHING = "Watching news; Ctrl-C ends it"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder with an article."""
    return news_in(tmp_path)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]


def test_an_article_is_answered_a_moment_after_it_was_dropped(
    quoth: Quoth, news: Path, tmp_path: Path
) -> None:
    with running(tmp_path, [COMMAND, "index", "--watch", "news"]) as watch:
        says(watch, "1 added, 0 updated, 0 removed, 0 unchanged, 0 failed")
        (news / "bench.txt").write_text("Bench\n\nA new bench stands in Okafor Park.\n")
        says(watch, "1 added, 0 updated, 0 removed, 1 unchanged, 0 failed")
        asked = quoth("ask", "Where does the new bench stand?", "--json").object
        assert asked["quotes"][0]["text"] == "A new bench stands in Okafor Park."
        assert watch.lines[0] == WATCHING


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_to_be_told_to_stop_is_no_failure(
    tmp_path: Path, news: Path, number: signal.Signals
) -> None:
    with running(tmp_path, [COMMAND, "index", "--watch", "news"]) as watch:
        says(watch, "1 added")
        watch.process.send_signal(number)
        assert watch.process.wait(30) == 0
        assert watch.lines == [WATCHING, "1 added, 0 updated, 0 removed, 0 unchanged, 0 failed"]


def test_a_mistyped_path_is_not_waited_for(quoth: Quoth, shelf: Path) -> None:
    done = quoth("index", "--watch", "nwes", "--library", str(shelf))
    assert done.status == 1
    assert done.error == "quoth: nwes: no such file or folder, so there is nothing to watch"


def test_a_bad_file_is_told_and_the_rest_is_in(tmp_path: Path, news: Path) -> None:
    bad = news / "bad.jsonl"
    bad.write_text('{"id": "x"\n')
    os.utime(bad, (1e9, 1e9))
    with running(tmp_path, [COMMAND, "index", "--watch", "news"]) as watch:
        says(watch, "1 added, 0 updated, 0 removed, 0 unchanged, 1 failed")
        assert watch.lines[1].startswith(f"quoth: {news}/bad.jsonl:1: ")


def test_indexing_stands_back(tmp_path: Path, news: Path) -> None:
    with running(tmp_path, [COMMAND, "index", "--watch", "news"]) as watch:
        says(watch, "1 added")
        threads = Path(f"/proc/{watch.process.pid}/task").iterdir()
        nices = {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads}
        assert min(nices) >= 10


@contextmanager
def serving(tmp_path: Path, *flags: str, articles: str = "news") -> Iterator[Watcher]:
    script = tmp_path / "serve.py"
    script.write_text(SERVE)
    command = [sys.executable, str(script), "serve", *flags]
    with running(tmp_path, command, QUOTH_ARTICLES=articles) as serve:
        says(serve, "connected")
        yield serve


def test_the_bot_keeps_the_library_in_step(quoth: Quoth, tmp_path: Path, news: Path) -> None:
    with serving(tmp_path) as serve:
        says(serve, f"INFO bot.cli.watch_supervisor: {WATCHING}")
        (news / "bench.txt").write_text("Bench\n\nA new bench stands in Okafor Park.\n")
        says(serve, "INFO bot.cli.watch_supervisor: 1 added")
        assert quoth("ask", "Where does the new bench stand?", "--json").status == 0
        (child,) = children(serve.process.pid)
        assert os.getpriority(os.PRIO_PROCESS, child) >= 10
        assert os.getpriority(os.PRIO_PROCESS, serve.process.pid) < 10
        serve.process.send_signal(signal.SIGTERM)
        assert serve.process.wait(30) == 0
        assert not is_running(child)


def test_a_watcher_that_is_killed_is_started_again(tmp_path: Path, news: Path) -> None:
    with serving(tmp_path) as serve:
        says(serve, WATCHING)
        os.kill(children(serve.process.pid)[0], signal.SIGKILL)
        says(
            serve,
            "WARNING bot.cli.watch_supervisor: watching ended (-9); it is started again in 1 s",
        )
        (news / "bench.txt").write_text("Bench\n\nA new bench stands in Okafor Park.\n")
        says(
            serve,
            "INFO bot.cli.watch_supervisor: 1 added, 0 updated, 0 removed, 1 unchanged, 0 failed",
        )


def test_a_bot_that_is_killed_leaves_no_watcher(tmp_path: Path, news: Path) -> None:
    with serving(tmp_path) as serve:
        says(serve, "INFO bot.cli.watch_supervisor: 0 added, 0 updated, 0 removed, 1 unchanged")
        (child,) = children(serve.process.pid)
        serve.process.kill()
        serve.until(lambda: not is_running(child))


def test_the_bot_works_without_a_folder_to_watch(tmp_path: Path, shelf: Path) -> None:
    with serving(tmp_path, "--library", str(shelf), articles="nwes") as serve:
        says(serve, "QUOTH_ARTICLES is nwes, which is not there: no articles are watched")
        assert children(serve.process.pid) == []


def test_watching_can_be_left_away(tmp_path: Path, news: Path, shelf: Path) -> None:
    with serving(tmp_path, "--no-watch", "--library", str(shelf)) as serve:
        assert children(serve.process.pid) == []
        serve.process.send_signal(signal.SIGTERM)
        assert serve.process.wait(30) == 0
        assert not any("bot.cli.watch_supervisor" in line for line in serve.lines)


def test_nothing_of_the_folder_that_the_bot_is_in_is_run(tmp_path: Path, news: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__init__.py").write_text("raise SystemExit('the wrong bot')")
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    command = [sys.executable, "-P", "-c", SERVE, "serve"]
    with running(tmp_path, command, QUOTH_ARTICLES="news") as serve:
        says(serve, WATCHING)
        assert not any("wrong" in line for line in serve.lines), json.dumps(serve.lines)


def test_feeds_are_read_beside_the_files(quoth: Quoth, tmp_path: Path, news: Path) -> None:
    words = "An owl moved into the town hall of Marlow in the night to Tuesday. Nobody minds."
    with site_server.serving() as site:
        feed = site.feed("/feed", site_server.item(site.page("/owl", words, title="Owl"), "a"))
        allowed = {"QUOTH_ALLOW_PRIVATE_ADDRESSES": "1"}
        assert quoth("index", str(news)).status == 0
        assert quoth("feeds", "add", feed, env=allowed).status == 0
        with running(tmp_path, [COMMAND, "index", "--watch", str(news)], **allowed) as watcher:
            says(watcher, "feeds: 1 added, 0 updated")
    found = quoth("ask", "What moved into the town hall of Marlow?", "--json").object
    assert found["quotes"][0]["article"]["title"] == "Owl"
