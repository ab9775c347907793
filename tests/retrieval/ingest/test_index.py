"""The library made to agree with files: what is added, updated, removed, and what is told."""

import os
import shutil
from pathlib import Path

import pytest

from retrieval.errors import LibraryError, ReadingError
from retrieval.ingest.index import index
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter, Summary
from tests.support.articles import contents, ids, mirror, write_jsonl, write_txt
from tests.support.encoders import ReadableEncoder


def done(summary: Summary) -> tuple[int, int, int, int, int]:
    return (
        summary.added, summary.updated, summary.removed, summary.unchanged, summary.failed
    )  # fmt: skip


def test_added_then_unchanged(library: Path, articles: Path, encoder: ReadableEncoder) -> None:
    write_txt(articles, "a", "The king spoke.")
    write_jsonl(articles / "b.jsonl", [{"id": "x", "text": "River."}, {"id": "y", "text": "Goal."}])
    assert done(mirror(library, encoder, articles)[0]) == (3, 0, 0, 0, 0)
    assert ids(library) == {"a", "x", "y"}
    before = contents(library)
    encoder.encoded.clear()
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 0, 3, 0)
    os.utime(articles / "a.txt", (1, 1))  # touched, and still the same
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 0, 3, 0)
    assert contents(library) == before
    assert encoder.encoded == []


def test_an_edited_file_updates_its_article_and_encodes_only_what_changed(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    parts = [
        "The king spoke of the war. " * 10,
        "The river rose again. " * 12,
        "A goal fell. " * 20,
    ]
    write_txt(articles, "a", "\n\n".join(parts))
    mirror(library, encoder, articles)
    assert len(encoder.encoded) == 3
    encoder.encoded.clear()
    parts[1] = "The flood came at night. " * 12
    write_txt(articles, "a", "\n\n".join(parts))
    assert done(mirror(library, encoder, articles)[0]) == (0, 1, 0, 0, 0)
    assert encoder.encoded == [f"Title. {parts[1].strip()}"]
    assert len(contents(library)["vectors"]) == 3


def test_only_what_came_from_under_the_paths_is_touched(
    library: Path, tmp_path: Path, encoder: ReadableEncoder
) -> None:
    for name in ("one/a", "one/deep/b", "two/c", "one more/d"):
        write_txt(tmp_path / "in", name, f"Words of {name}.")
    mirror(library, encoder, tmp_path / "in")
    shutil.rmtree(tmp_path / "in" / "two")
    shutil.rmtree(tmp_path / "in" / "one more")
    (tmp_path / "in" / "one" / "a.txt").unlink()
    assert done(mirror(library, encoder, tmp_path / "in" / "one")[0]) == (0, 0, 1, 1, 0)
    assert ids(library) == {"one/deep/b", "two/c", "one more/d"}
    assert done(mirror(library, encoder, tmp_path / "in")[0]) == (0, 0, 2, 1, 0)
    assert [row[0] for row in contents(library)["files"]] == [f"{tmp_path}/in/one/deep/b.txt"]


def test_a_moved_file_is_not_encoded_again(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    path = write_txt(articles, "old", "The queen left the palace.")
    mirror(library, encoder, articles)
    encoder.encoded.clear()
    path.rename(articles / "new.txt")
    assert done(mirror(library, encoder, articles)[0]) == (1, 0, 1, 0, 0)
    assert ids(library) == {"new"}
    assert encoder.encoded == []
    assert len(contents(library)["vectors"]) == 1


def test_the_same_file_by_another_spelling_is_the_same_file(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    write_txt(articles, "a", "The king spoke.")
    mirror(library, encoder, articles)
    spelled = articles / ".." / articles.name
    assert done(mirror(library, encoder, spelled)[0]) == (0, 0, 0, 1, 0)
    assert len(contents(library)["files"]) == 1


def test_a_bad_line_keeps_what_was_read_from_its_file_before(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    rows: list[dict[str, str] | str] = [{"id": i, "text": f"Words of {i}."} for i in ("x", "y")]
    path = write_jsonl(articles / "a.jsonl", rows)
    mirror(library, encoder, articles)
    write_jsonl(path, [rows[0], '{"id": "y", "text": ', {"id": "z", "text": "New."}])
    summary, problems = mirror(library, encoder, articles)
    assert done(summary) == (1, 0, 0, 1, 1)
    assert ids(library) == {"x", "y", "z"}
    assert [p.place for p in problems] == [f"{path}:2"]
    # It is told each time, until it is mended; then what is gone goes.
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 0, 2, 1)
    write_jsonl(path, [rows[0]])
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 2, 1, 0)


def test_questions_beside_articles_are_nothing_to_index(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    questions = [
        '{"question": "Who?", "answers": ["the king"]}',
        '{"question": "?", "answers": []}',
    ]
    write_txt(articles, "a", "The king spoke.")
    path = write_jsonl(articles / "b.jsonl", [{"id": "x", "text": "River."}])
    mirror(library, encoder, articles)
    write_jsonl(path, questions)
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 1, 1, 0)
    before = contents(library)
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 0, 1, 0)
    assert contents(library) == before
    write_jsonl(path, [*questions, {"id": "y", "text": "Goal."}])
    assert done(mirror(library, encoder, articles)[0]) == (1, 0, 0, 1, 0)
    assert ids(library) == {"a", "y"}


def test_a_second_article_of_one_id_is_refused_naming_both_files(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    first = write_jsonl(articles / "a.jsonl", [{"id": "x", "text": "The first."}])
    second = write_jsonl(articles / "b.jsonl", [{"id": "x", "text": "The second."}])
    for _ in range(2):
        summary, (problem,) = mirror(library, encoder, articles)
        assert summary.failed == 1
        assert isinstance(problem, ReadingError)
        assert str(second) in str(problem) and str(first) in str(problem) and "x" in str(problem)
        assert contents(library)["articles"][0][5] == "The first."
    first.unlink()  # the way is free
    _, problems = mirror(library, encoder, articles)
    assert problems == []
    assert contents(library)["articles"][0][5] == "The second."


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a", "b"),
        ("b", "a"),
    ],
)
def test_an_article_that_moves_between_files_is_kept(
    library: Path, articles: Path, encoder: ReadableEncoder, source: str, target: str
) -> None:
    row = {"id": "x", "text": "The king spoke."}
    rest = {source: {"id": "s", "text": "Rest."}, target: {"id": "t", "text": "More."}}
    write_jsonl(articles / f"{source}.jsonl", [rest[source], row])
    write_jsonl(articles / f"{target}.jsonl", [rest[target]])
    mirror(library, encoder, articles)
    write_jsonl(articles / f"{source}.jsonl", [rest[source]])
    write_jsonl(articles / f"{target}.jsonl", [rest[target], row])
    _, problems = mirror(library, encoder, articles)
    assert problems == []
    assert ids(library) == {"s", "t", "x"}
    assert mirror(library, encoder, articles)[0].unchanged == 3


@pytest.mark.parametrize("name", ["closed", "clo\nsed", "clo\u200bsed"])
def test_what_cannot_be_looked_at_is_not_removed(
    library: Path,
    articles: Path,
    encoder: ReadableEncoder,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    write_txt(articles, f"{name}/a", "The king spoke.")
    write_txt(articles, f"{name}/deep/b", "The river rose.")
    gone = write_txt(articles, "c", "A goal.")
    mirror(library, encoder, articles)
    gone.unlink()
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the mode of a folder binds everyone but root
    summary, problems = mirror(library, encoder, articles)
    monkeypatch.undo()
    assert done(summary)[2:] == (1, 0, 1)
    assert len(problems) == 1 and "closed" in problems[0].place.replace("\\n", "").replace(
        "\\u200b", ""
    )
    assert len(ids(library)) == 2


def test_names_that_are_not_utf8(library: Path, articles: Path, encoder: ReadableEncoder) -> None:
    path = Path(os.fsdecode(os.fsencode(articles) + b"/caf\xe9.txt"))
    path.write_text("Title\n\nThe river rose.\n")
    (articles / "new\nline.txt").write_text("Title\n\nThe flood came.\n")
    assert done(mirror(library, encoder, articles)[0]) == (2, 0, 0, 0, 0)
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 0, 2, 0)
    path.unlink()
    assert done(mirror(library, encoder, articles)[0]) == (0, 0, 1, 1, 0)
    assert len(ids(library)) == 1


def test_an_article_that_was_removed_by_hand_comes_back_when_its_file_is_indexed(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    """What the message of a damaged text says to do: remove it and index it again."""
    write_txt(articles, "a", "The king spoke.")
    mirror(library, encoder, articles)
    with LocalWriter(library) as writer, writer.commit() as change:
        assert change.remove("a")
        change.sweep()
    assert ids(library) == set()
    assert mirror(library, encoder, articles)[0].added == 1
    assert ids(library) == {"a"}


def test_a_path_that_is_not_there_is_told_and_the_rest_is_in(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    write_txt(articles, "a", "The king spoke.")
    summary, problems = mirror(library, encoder, articles / "missing", articles)
    assert done(summary) == (1, 0, 0, 0, 1)
    assert [p.place for p in problems] == [str(articles / "missing")]


def test_progress_is_told(library: Path, articles: Path, encoder: ReadableEncoder) -> None:
    for n in range(3):
        write_txt(articles, f"a{n}", f"The king spoke {n} times.")
    told: list[tuple[str, int, int]] = []
    index([articles], library, encoder, Reporter(progress=lambda *step: told.append(step)))
    assert told == [*(("Reading", n, 0) for n in (1, 2, 3)), ("Encoding", 3, 3)]


def test_words_are_found_before_vectors_are_made(
    library: Path, articles: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_txt(articles, "a", "The king spoke.")

    def fail(texts: object, progress: object = None) -> None:
        reader = LocalReader(library)
        assert reader.article("a") is not None
        assert reader.pending() == 1
        reader.close()
        raise LibraryError("stop here")

    monkeypatch.setattr(encoder, "encode_passages", fail)
    with pytest.raises(LibraryError, match="stop here"):
        mirror(library, encoder, articles)
    monkeypatch.undo()
    mirror(library, encoder, articles)
    assert contents(library)["pending"] == []
