"""The indexer as the bot runs it: a real subprocess, killed or refused, and what it leaves."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot import settings
from bot.discord.errors import UploadError
from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import own_article_id
from bot.discord.storage.schema import TABLES
from bot.discord.uploads.indexer import IndexRequest
from bot.discord.uploads.indexer_process import IndexerProcess
from retrieval.errors import LibraryError, QuothError
from tests.support.articles import contents

TALKS = b"date 2022-03-29 The talks\n\nThe talks began.\n"
REQUEST = IndexRequest("file", 7, 5, "talks.txt", TALKS)


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexerProcess]:
    monkeypatch.chdir(tmp_path)
    with (
        closing(Store(Path("discord.sqlite"), TABLES)),
        closing(IndexerProcess(settings.load())) as made,
    ):
        yield made


def test_it_reads_keeps_and_indexes(process: IndexerProcess, tmp_path: Path) -> None:
    stages: list[str] = []
    outcome = process.run(REQUEST, lambda stage, done, total: stages.append(stage))
    assert outcome.added.added == ("The talks",)
    assert outcome.in_library == 1
    assert stages[0] == "Reading"
    assert "Encoding" in stages
    found = contents(tmp_path / "library")
    assert [row[0] for row in found["articles"]] == [own_article_id(7, "talks")]
    assert found["vectors"]
    assert not found["pending"]
    with pytest.raises(UploadError, match=r"^a\.txt: has a title but no text$"):
        process.run(IndexRequest("file", 7, 5, "a.txt", b"Title"), lambda *_: None)


def test_killed_it_is_one_line_and_the_next_one_finishes(
    process: IndexerProcess, tmp_path: Path
) -> None:
    lines = [f'{{"id": "{n}", "title": "T", "text": "Talks number {n}."}}' for n in range(250)]
    request = IndexRequest("file", 7, 5, "many.jsonl", "\n".join(lines).encode())

    def kill(stage: str, done: int, total: int) -> None:
        if stage in ("Indexing", "Encoding") and process._process:
            process._process.kill()

    with pytest.raises(LibraryError, match=r"ended \(-9\)"):
        process.run(request, kill)
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as store:
        assert len(uploads.states(store)) == 250  # which was kept before anything was indexed
    outcome = process.run(IndexRequest("sync"), lambda *_: None)
    assert outcome.problems == ()
    assert len(contents(tmp_path / "library")["articles"]) == 250


def test_a_library_of_something_else_is_told_in_one_line(
    process: IndexerProcess, tmp_path: Path
) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "mine").write_text("")
    deferred = process.run(REQUEST, lambda *_: None).deferred
    assert deferred is not None
    assert "holds something else" in deferred
    assert "\n" not in deferred
    with pytest.raises(LibraryError, match="holds something else"):  # nothing is added by it
        process.run(IndexRequest("sync"), lambda *_: None)


def test_when_the_bot_stops_it_ends(process: IndexerProcess) -> None:
    started = threading.Event()
    errors: list[QuothError] = []

    def run() -> None:
        try:
            process.run(REQUEST, lambda *_: started.set())
        except QuothError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(60)
    process.close()
    thread.join(60)
    assert not thread.is_alive()
    with pytest.raises(LibraryError, match="stopping"):
        process.run(REQUEST, lambda *_: None)


def test_what_takes_too_long_to_read_is_given_up(
    process: IndexerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.uploads.indexer_process._READ_TIMEOUT", 0.5)
    page = b"<html><body><article>" + b"<p>The talks went on until the evening.</p>" * 180_000
    with pytest.raises(UploadError, match=r"^a\.html: takes too long to read"):
        process.run(IndexRequest("file", 7, 5, "a.html", page), lambda *_: None)
    monkeypatch.setattr("bot.discord.uploads.indexer_process._READ_TIMEOUT", 60)
    assert process.run(REQUEST, lambda *_: None).added.added == ("The talks",)


def test_what_nobody_foresaw_is_told_by_its_type_and_logged_without_its_words(
    process: IndexerProcess, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(LibraryError, match=r"articles failed: OverflowError$"):
        # A number that SQLite does not take.
        process.run(IndexRequest("file", 2**64, 5, "talks.txt", TALKS), lambda *_: None)
    assert "indexer.py" in caplog.text
    assert capfd.readouterr().err == ""
