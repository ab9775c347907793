"""``quoth export`` and ``quoth import``."""

from pathlib import Path

from retrieval.library.feed_records import FeedRecord
from retrieval.library.local.writer import LocalWriter
from tests.support.quoth_command import ARTICLES, Quoth, write_jsonl

QUESTION = "How much will the repairs of the bridge cost?"


def test_a_moved_library_answers_the_same_and_knows_its_files(
    inside: Quoth, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "some.jsonl", ARTICLES)
    assert inside("index", "some.jsonl").status == 0
    asked = inside("ask", QUESTION, "--json").object
    done = inside("export", "news.gz")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("news.gz: 4 articles, ")
    done = inside("import", "news.gz", "--library", "other")
    assert (done.status, done.err) == (0, "")
    assert done.out == "4 added, 0 updated, 0 removed, 0 unchanged, 0 failed\n"
    assert inside("verify", "--library", "other").status == 0
    answer = inside("ask", QUESTION, "--json", "--library", "other").object
    assert answer["quotes"] == asked["quotes"]
    assert answer["confidence"] == asked["confidence"]
    done = inside("index", "some.jsonl", "--library", "other")
    assert done.out == "0 added, 0 updated, 0 removed, 4 unchanged, 0 failed\n"
    for article in ("bridge", "lighthouse"):
        shown = [
            inside("articles", "show", article, "--json", "--library", library).object
            for library in ("library", "other")
        ]
        assert shown[0] == shown[1]


def test_what_cannot_be_moved_is_one_line(inside: Quoth, tmp_path: Path) -> None:
    done = inside("export", "news.gz")
    assert done.status == 1
    assert done.error == "quoth: library: no library there; run: quoth index"
    (tmp_path / "news.gz").write_text("no export")
    done = inside("import", "news.gz")
    assert done.status == 1
    assert done.error == (
        "quoth: news.gz: not a file that quoth export wrote, or damaged from its beginning"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["news.gz"]


def test_feeds_that_stay_behind_are_told(inside: Quoth, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "some.jsonl", ARTICLES)
    inside("index", "some.jsonl")
    with LocalWriter(tmp_path / "library") as writer, writer.commit() as change:
        change.feeds.put(FeedRecord("https://news.example/feed"))
    done = inside("export", "news.gz")
    assert (done.status, done.err) == (
        0, "What feeds it follows is not exported: quoth feeds list shows them\n",
    )  # fmt: skip
