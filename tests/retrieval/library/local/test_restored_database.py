"""A database restored from a backup: its indexes are newer, and every way to write drops that."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.ingest.index import index
from retrieval.ingest.web.page_parser import Page
from retrieval.ingest.web.page_storage import store_page
from retrieval.ingest.web.subscriptions import unfollow
from retrieval.library import open as open_library
from retrieval.library.feed_records import FeedRecord
from retrieval.library.local import folder
from retrieval.library.local.indexes import vectors
from retrieval.library.progress import Reporter
from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library
from tests.support.articles import article, build, ids, remove, write_jsonl
from tests.support.encoders import ScatteredEncoder

FEED = "https://feed.example/rss"
WORDS = "The tram to the harbour opened on day {}, in the rain, before four hundred people."
WRITES: dict[str, Callable[[Path, ScatteredEncoder], object]] = {}


def way(write: Callable[[Path, ScatteredEncoder], object]) -> None:
    WRITES[write.__name__] = write


@way
def files(library: Path, encoder: ScatteredEncoder) -> None:
    rows = [{"id": f"f{n}", "title": "T", "text": WORDS.format(f"f{n}")} for n in range(30)]
    index([write_jsonl(library.parent / "a.jsonl", rows)], library, encoder, Reporter())


@way
def pages(library: Path, encoder: ScatteredEncoder) -> None:
    for n in range(30):
        address = f"https://news.example/{n}"
        page = Page(address, article(f"p{n}", WORDS.format(f"p{n}")))
        with (
            open_library(library).session(encoder, Reporter()) as session,
            session.transaction() as change,
        ):
            assert store_page(change, page, address) == "added"


@way
def feeds(library: Path, encoder: ScatteredEncoder) -> None:
    for n in range(30):
        with (
            open_library(library).session(None, Reporter()) as session,
            session.transaction() as change,
        ):
            change.feeds.put(FeedRecord(f"https://feed.example/{n}"))


@way
def feed_removal(library: Path, encoder: ScatteredEncoder) -> None:
    unfollow(FEED, library, with_articles=True)


@way
def removal(library: Path, encoder: ScatteredEncoder) -> None:
    for n in range(5):
        assert remove(library, f"old{n}")


@way
def imported(library: Path, encoder: ScatteredEncoder) -> None:
    other = build(
        library.parent / "other",
        encoder,
        [article(f"i{n}", WORDS.format(f"i{n}")) for n in range(30)],
    )
    export_library(other, library.parent / "export.gz", Reporter())
    import_library(library.parent / "export.gz", library, Reporter())


@way
def rebuilt(library: Path, encoder: ScatteredEncoder) -> None:
    open_library(library).rebuild(encoder, Reporter())


@way
def repaired(library: Path, encoder: ScatteredEncoder) -> None:
    open_library(library).repair(encoder, Reporter())


@pytest.mark.parametrize("name", WRITES)
def test_what_is_newer_than_the_database_is_dropped_before_it_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "FEW", 4)
    library, encoder = tmp_path / "library", ScatteredEncoder()
    build(library, encoder, [article(f"old{n}", WORDS.format(f"old{n}")) for n in range(10)])
    with (
        open_library(library).session(None, Reporter()) as session,
        session.transaction() as change,
    ):
        change.feeds.put(FeedRecord(FEED))
    truth = folder.current_edition(library).truth
    shutil.copy(truth, tmp_path / "backup")
    for n in range(6):  # each of its own commits, in both indexes
        build(library, encoder, [article(f"new{n}-{k}", WORDS.format(n * k)) for k in range(6)])
    shutil.copy(tmp_path / "backup", truth)

    WRITES[name](library, encoder)
    report = open_library(library).verify(Reporter())
    assert report.lines() == []
    if name not in ("rebuilt", "repaired"):  # both are done by then
        index([], library, encoder, Reporter())
    assert open_library(library).verify(Reporter()).left_over == []
    assert not any(each.startswith("new") for each in ids(library))


def test_repair_drops_what_is_newer_than_a_restored_and_damaged_database(tmp_path: Path) -> None:
    library, encoder = tmp_path / "library", ScatteredEncoder()
    build(library, encoder, [article(f"old{n}", WORDS.format(f"old{n}")) for n in range(10)])
    truth = folder.current_edition(library).truth
    shutil.copy(truth, tmp_path / "backup")
    build(library, encoder, [article(f"new{n}", WORDS.format(f"new{n}")) for n in range(10)])
    shutil.copy(tmp_path / "backup", truth)
    with closing(sqlite3.connect(truth)) as connection, connection:
        connection.execute("DELETE FROM facts WHERE name = 'generation'")
        connection.execute("UPDATE passages SET stop = stop - 1 WHERE id = 2")

    assert open_library(library).repair(encoder, Reporter()).after.lines() == []
    assert len(ids(library)) == 10
