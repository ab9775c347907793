"""A dry run says what an indexing run then does, and does nothing."""

import random
from pathlib import Path

import pytest

from retrieval.errors import NotALibraryError
from retrieval.ingest.dry_run import dry_run
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter, Summary
from tests.support.articles import ids, mirror, write_jsonl, write_txt
from tests.support.encoders import ScatteredEncoder


def rehearsed(library: Path, *paths: Path) -> tuple[Summary, set[tuple[str, str]], list[str]]:
    """What would be done, to which articles, and the problems."""
    noted: list[tuple[str, str]] = []
    problems: list[str] = []
    reporter = Reporter(problem=lambda error: problems.append(str(error)))
    summary = dry_run(
        paths, library, reporter, lambda change, article, file: noted.append((change, article))
    )
    assert len(noted) == len(set(noted))
    return summary, set(noted), problems


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_before_there_is_a_library_everything_would_be_added_and_none_is_made(
    library: Path, articles: Path
) -> None:
    write_txt(articles, "a", "Words of a.")
    write_jsonl(articles / "j.jsonl", [{"id": "j", "title": "J", "text": "Words."}, "no JSON"])
    summary, noted, problems = rehearsed(library, articles)
    assert (summary.added, summary.failed) == (2, 1)
    assert noted == {("added", "a"), ("added", "j")}
    assert len(problems) == 1
    assert not library.exists()


def test_a_library_is_not_touched_and_no_lock_is_taken(
    library: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    for name in ("a", "b", "c"):
        write_txt(articles, name, f"Words of {name}.")
    mirror(library, scattered, articles)
    write_txt(articles, "a", "Other words of a.")
    (articles / "b.txt").rename(articles / "moved.txt")
    with LocalWriter(library):
        before = bytes_of(library)
        summary, noted, _ = rehearsed(library, articles)
        after = bytes_of(library)
    assert noted == {("updated", "a"), ("removed", "b"), ("added", "moved")}
    assert (summary.added, summary.updated, summary.removed, summary.unchanged) == (1, 1, 1, 1)
    # SQLite notes in its shared memory who reads.
    shared = str(library / "1" / "truth.sqlite-shm")
    assert {**before, shared: b""} == {**after, shared: b""}


def test_a_folder_of_something_else_is_refused(library: Path, articles: Path) -> None:
    library.mkdir()
    (library / "thesis.doc").write_text("mine")
    with pytest.raises(NotALibraryError, match="holds something else"):
        rehearsed(library, articles)


def test_it_says_what_then_is_done(
    library: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    chance = random.Random(5)  # noqa: S311 - not for secrets
    for _ in range(12):
        for n in chance.sample(range(12), 5):
            path = articles / f"{n}.txt"
            match chance.choice(["write", "remove", "move", "lines"]):
                case "write":
                    write_txt(articles, str(n), f"Words {chance.random()}.")
                case "remove":
                    path.unlink(missing_ok=True)
                case "move" if path.exists():
                    path.rename(articles / f"{chance.randrange(12)}.txt")
                case "lines":
                    rows = [
                        {"id": f"l{k}", "title": "L", "text": f"Line {chance.randrange(2)}."}
                        for k in chance.sample(range(6), 3)
                    ]
                    write_jsonl(articles / f"{chance.randrange(3)}.jsonl", [*rows])
        wanted, noted, told = rehearsed(library, articles)
        before = ids(library) if library.exists() else set()
        summary, problems = mirror(library, scattered, articles)
        assert summary == wanted
        assert [str(problem) for problem in problems] == told
        gone = {article for change, article in noted if change == "removed"}
        come = {article for change, article in noted if change == "added"}
        assert before - ids(library) == gone - come
        assert ids(library) - before == come - gone
