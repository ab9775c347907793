"""Files that change while they are read, or have just changed."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.documents.article import Article
from retrieval.documents.formats import read_file
from retrieval.errors import ReadingError
from retrieval.ingest import folder_sync
from retrieval.ingest.folder_sync import Pace
from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from tests.support.articles import contents, ids, mirror, write_jsonl, write_txt
from tests.support.encoders import ReadableEncoder

ROWS: list[dict[str, str] | str] = [{"id": i, "text": f"Words of {i}."} for i in ("x", "y", "z")]


class Writer:
    """Somebody who appends to a file as often as it is read, until told that it is enough."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.times = times
        monkeypatch.setattr(folder_sync, "read_file", self.read)

    def read(self, path: Path, root: Path) -> Iterator[Article | ReadingError]:
        for n, found in enumerate(read_file(path, root)):
            if n == 1 and self.times:
                self.times -= 1
                with path.open("a") as file:
                    file.write(f'{{"id": "new{self.times}", "text": "Late."}}\n')
            yield found


def test_a_file_that_changes_while_it_is_read_is_read_again(
    library: Path, articles: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_jsonl(articles / "a.jsonl", ROWS)
    Writer(monkeypatch, 1)
    summary, problems = mirror(library, encoder, articles)
    assert problems == []
    assert (summary.failed, summary.waiting) == (0, 0)
    assert ids(library) == {"x", "y", "z", "new0"}
    assert mirror(library, encoder, articles)[0].unchanged == 4


def test_a_file_that_goes_on_changing_is_told_and_not_taken_for_whole(
    library: Path, articles: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_jsonl(articles / "a.jsonl", ROWS)
    mirror(library, encoder, articles)
    write_jsonl(path, [*ROWS[:2], {"id": "w", "text": "New."}])
    writer = Writer(monkeypatch, 1_000)
    summary, (problem,) = mirror(library, encoder, articles)
    assert str(problem) == f"{path}: changes while it is read; index it again when it is written"
    assert summary.failed == 1
    assert ids(library) == {"x", "y", "z"}, "what was not read is not known to be gone"
    assert [row[3] for row in contents(library)["files"]] == [0]
    writer.times = 0
    summary, problems = mirror(library, encoder, articles)
    assert problems == []
    assert {"x", "y", "w"} <= ids(library) and "z" not in ids(library)
    assert [row[3] for row in contents(library)["files"]] == [1]


def test_a_text_that_changes_while_it_is_read_is_not_kept(
    library: Path, articles: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file that is one article, what was read may be half old and half new."""
    path = write_txt(articles, "a", "The king spoke.")
    mirror(library, encoder, articles)
    write_txt(articles, "a", "The king is half")

    def read(path: Path, root: Path) -> Iterator[Article | ReadingError]:
        monkeypatch.undo()
        for found in read_file(path, root):
            write_txt(articles, "a", "The king is half way home.")
            yield found

    monkeypatch.setattr(folder_sync, "read_file", read)
    summary, problems = mirror(library, encoder, path)
    assert (problems, summary.updated) == ([], 1)
    assert contents(library)["articles"][0][5] == "The king is half way home."


def test_a_folder_that_goes_while_it_is_read_keeps_its_articles(
    library: Path, articles: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "deep/b"):
        write_txt(articles, name, f"Words of {name}.")
    mirror(library, encoder, articles)
    write_txt(articles, "a", "Others.")

    def read(path: Path, root: Path) -> Iterator[Article | ReadingError]:
        articles.rename(articles.with_name("away"))
        return iter(())

    monkeypatch.setattr(folder_sync, "read_file", read)
    assert mirror(library, encoder, articles)[0].removed == 0
    assert ids(library) == {"a", "deep/b"}


@pytest.mark.parametrize(
    ("age", "waiting"), [(0.0, 1), (-5.0, 1), (100.0, 0), (-3_600.0, 0)], ids=str
)
def test_what_has_just_changed_waits_whatever_the_clock_did(
    library: Path, articles: Path, encoder: ReadableEncoder, age: float, waiting: int
) -> None:
    """A file of the future was written before the clock was put back."""
    path = write_txt(articles, "a", "The king spoke.")
    changed = time.time() - age
    os.utime(path, (changed, changed))
    summary = index([articles], library, encoder, Reporter(), Pace(settle=30.0))
    assert (summary.waiting, summary.added, summary.failed) == (waiting, 1 - waiting, 0)
    assert mirror(library, encoder, articles)[0].added == waiting


def test_what_waits_keeps_what_was_read_before(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    write_txt(articles, "a", "The king spoke.")
    mirror(library, encoder, articles)
    write_txt(articles, "a", "The king is half")
    summary = index([articles], library, encoder, Reporter(), Pace(settle=30.0))
    assert (summary.waiting, summary.removed) == (1, 0)
    assert contents(library)["articles"][0][5] == "The king spoke."


def test_what_could_not_be_read_is_not_read_again_until_it_changes_or_is_asked_for(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    path = write_jsonl(articles / "a.jsonl", [*ROWS, "{"])
    mirror(library, encoder, articles)
    problems: list[ReadingError] = []
    once = (library, encoder, Reporter(problem=problems.append))
    assert index([articles], *once, Pace(again=False)).unchanged == 3
    assert problems == []
    assert index([articles], *once, Pace(again=True)).failed == 1
    write_jsonl(path, ROWS[:2])
    assert index([articles], *once, Pace(again=False)).removed == 1


def test_vectors_can_be_left_for_later(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    write_txt(articles, "a", "The king spoke.")
    assert index([articles], library, encoder, Reporter(), Pace(enough=lambda: True)).added == 1
    assert len(contents(library)["pending"]) == 1
    mirror(library, encoder, articles)
    assert contents(library)["pending"] == []
