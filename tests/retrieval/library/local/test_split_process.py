"""Splitting in a second process comes to the same as doing it oneself, whatever becomes of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.library.local import batches, split_process
from retrieval.library.local.split_process import SplitProcess
from retrieval.library.local.transaction import passages_of
from tests.support.articles import article, contents, mirror, write_txt
from tests.support.encoders import ScatteredEncoder

TEXTS = [
    "One. Two! " * 90,
    "",
    "談判。😀 é\u0301 \x00 \ud800".replace("\ud800", "") * 50,
    "\n\n",
    "x" * 900,
]
ARTICLES = [article(f"a{n}", text) for n, text in enumerate(TEXTS)]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little there is to split, another process does it."""
    monkeypatch.setattr(split_process, "_WORTH_IT", 0)


@pytest.fixture
def splitter(at_once: None) -> Iterator[SplitProcess]:
    with closing(SplitProcess()) as made:
        yield made


def process_of(splitter: SplitProcess) -> "subprocess.Popen[bytes]":
    assert splitter._process is not None
    return splitter._process


def test_it_splits_as_one_would_oneself(splitter: SplitProcess) -> None:
    first, second = splitter.begin(ARTICLES[:3]), splitter.begin(ARTICLES[3:])
    assert first() | second() == {each: passages_of(each.title, each.text) for each in ARTICLES}
    assert process_of(splitter).pid != os.getpid()


def test_little_is_not_worth_a_process() -> None:
    with closing(SplitProcess()) as splitter:
        assert splitter.begin(ARTICLES)() == {}
        assert splitter._process is None


def test_of_a_process_that_died_nothing_is_split(splitter: SplitProcess) -> None:
    splitter.begin(ARTICLES)()
    process_of(splitter).kill()
    process_of(splitter).wait()
    assert splitter.begin(ARTICLES)() == {}
    assert splitter.begin(ARTICLES)() == {}


def test_where_no_process_can_be_started_nothing_is_split(
    splitter: SplitProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert splitter.begin(ARTICLES)() == {}


def test_it_ends_with_the_process_that_asked_however_that_ends() -> None:
    script = (
        "from retrieval.library.local import split_process\n"
        "split_process._WORTH_IT = 0\n"
        "from tests.retrieval.library.local.test_split_process import ARTICLES\n"
        "splitter = split_process.SplitProcess()\n"
        "splitter.begin(ARTICLES)()\n"
        "print(splitter._process.pid, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    ) as asking:
        assert asking.stdout
        pid = int(asking.stdout.readline())
        os.kill(pid, 0)  # it lives
        asking.send_signal(signal.SIGKILL)
        # It has the other's output open too: this ends when both have.
        assert asking.stdout.read() == ""


@pytest.mark.usefixtures("at_once")
def test_a_library_is_the_same_whoever_split_it(
    tmp_path: Path, articles: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_BATCH_CHARACTERS", 300)
    for n in range(12):
        write_txt(articles, f"a{n}", f"Words of alpha{n}, as they were. " * (n + 1))
    mirror(tmp_path / "split", scattered, articles)
    for n in range(0, 12, 3):
        write_txt(articles, f"a{n}", f"Words of alpha{n}, edited, and more of them. " * 9)
        write_txt(articles, f"b{n}", f"Words of beta{n}, which is new. " * 9)
    mirror(tmp_path / "split", scattered, articles)
    monkeypatch.setattr(split_process, "_WORTH_IT", 10**9)
    mirror(tmp_path / "alone", scattered, articles)
    assert contents(tmp_path / "split") == contents(tmp_path / "alone")
