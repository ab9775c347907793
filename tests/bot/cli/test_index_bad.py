"""What cannot be indexed is told in one line each, skipped and counted; the rest is in."""

import os
from pathlib import Path

import pytest

from tests.support.quoth_command import ARTICLES, Quoth, write_jsonl

GOOD = '{"id": "good-%d", "title": "Good", "text": "The ferry sails at nine."}\n'
LONG = b'{"id": "long", "title": "T", "text": "' + b"x" * 50_000_000 + b'"}\n'

BAD_FILES = {
    "empty.txt": (b"", "empty.txt: empty"),
    "blank.txt": (b"\n \n", "blank.txt: empty"),
    "title.txt": (b"Just a title\n", "title.txt: has a title but no text"),
    "binary.txt": (bytes(range(256)) * 4, "binary.txt: looks like a binary file"),
    "latin1.txt": ("Café\n\nCrème".encode("latin-1"), "latin1.txt: not UTF-8 (byte 0xe9"),
    "utf16.txt": ("Title\n\nText".encode("utf-16"), "utf16.txt: UTF-16, not UTF-8"),
    "date.txt": (b"date 2022-02-30 Title\n\nText.\n", "date.txt:1: not a date: '2022-02-30'"),
    "front.md": (b"---\ndate: soon\n---\nText.\n", "front.md"),
    "page.html": (b"<html><body></body></html>", "page.html: no article found"),
    "bytes.jsonl": (GOOD.encode() % 1 + b'{"id": "\xff"}\n', "bytes.jsonl:2: not UTF-8"),
    "cut.jsonl": (GOOD.encode() % 2 + b'{"id": "cut", "title": "T", "te', "cut.jsonl:2: not a"),
    "ids.jsonl": (
        GOOD.encode() % 3 + GOOD.encode() % 3,
        "ids.jsonl:2: line 1 has the id 'good-3' too",
    ),
    "day.jsonl": (
        b'{"id": "d", "title": "T", "date": "31.12.2022", "text": "Text."}\n' + GOOD.encode() % 4,
        "day.jsonl:1: not a date: '31.12.2022'",
    ),
    "kind.jsonl": (b'{"id": 7, "title": "T", "text": "Text."}\n', "kind.jsonl:1: 'id' should be"),
    "list.jsonl": (b'["a"]\n', "list.jsonl:1: not a JSON object"),
    "long.jsonl": (GOOD.encode() % 5 + LONG + GOOD.encode() % 6, "long.jsonl:2: longer than 20 MB"),
    "cut.jsonl.gz": (b"\x1f\x8b\x08\x00no", "cut.jsonl.gz:1: the gzip file is"),
}


def told(err: str, folder: Path) -> list[str]:
    """The lines on standard error, without what every one of them begins with."""
    return [line.removeprefix(f"quoth: {folder}/") for line in err.splitlines()]


def test_each_bad_file_is_one_line_and_the_rest_is_in(quoth: Quoth, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for name, (content, _) in BAD_FILES.items():
        (folder / name).write_bytes(content)
    write_jsonl(folder / "zebra.jsonl", ARTICLES)
    (folder / "notes.pdf").write_bytes(b"%PDF")  # not of a kind that is looked for
    for _ in range(2):  # what was bad is looked at again, and told again
        done = quoth("index", "news")
        assert done.status == 1
        lines = told(done.err, folder)
        assert len(lines) == len(BAD_FILES)
        for line, (_, expected) in zip(
            sorted(lines), sorted(BAD_FILES.values(), key=lambda f: f[1]), strict=True
        ):
            assert line.startswith(expected)
        assert f", {len(BAD_FILES)} failed\n" in done.out
    rows = quoth("articles", "list", "--json").objects
    good = {f"good-{n}" for n in range(1, 7)}
    assert {row["id"] for row in rows} == good | {str(a["id"]) for a in ARTICLES}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_each_is_bad_alone_too(inside: Quoth, tmp_path: Path, name: str) -> None:
    content, expected = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    done = inside("index", name)
    assert done.status == 1
    (line,) = told(done.err, tmp_path)
    assert line.startswith(expected)


def test_one_id_in_two_files_names_both(inside: Quoth, tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(GOOD % 1)
    done = inside("index", "a.jsonl", "b.jsonl")
    assert done.status == 1
    (line,) = told(done.err, tmp_path)
    assert line.startswith("b.jsonl") and f"{tmp_path}/a.jsonl" in line and "good-1" in line
    assert done.out == "1 added, 0 updated, 0 removed, 0 unchanged, 1 failed\n"


def test_a_path_that_is_missing_or_of_another_kind_is_one_line(
    inside: Quoth, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "good.jsonl").write_text(GOOD % 1)
    done = inside("index", "missing", "a.pdf", "missing.txt", "good.jsonl")
    assert done.status == 1
    missing, pdf, missing_file = told(done.err, tmp_path)
    assert missing == "missing: no such file or folder"
    assert missing_file == "missing.txt: no such file or folder"
    assert pdf.startswith("a.pdf: not a kind of file that is read; those are .txt .md")
    assert done.out == "1 added, 0 updated, 0 removed, 0 unchanged, 3 failed\n"


def test_what_may_not_be_read_is_told_and_its_articles_stay(
    quoth: Quoth, tmp_path: Path, as_a_user: list[str]
) -> None:
    folder, locked = tmp_path / "news", tmp_path / "news" / "locked"
    locked.mkdir(parents=True)
    (folder / "ferry.txt").write_text("Ferry\n\nThe ferry sails at nine.\n")
    (folder / "secret.txt").write_text("Secret\n\nThe fair is in June.\n")
    (locked / "inner.txt").write_text("Inner\n\nThe well is dry.\n")
    assert quoth("index", "news", prefix=as_a_user).status == 0
    (folder / "secret.txt").chmod(0)
    os.utime(folder / "secret.txt", (1, 1))
    locked.chmod(0)
    try:
        done = quoth("index", "news", prefix=as_a_user)
    finally:
        locked.chmod(0o700)
    assert done.status == 1
    assert sorted(told(done.err, folder)) == [
        "locked: cannot be read (Permission denied)",
        "secret.txt: cannot be read (Permission denied)",
    ]
    assert "0 removed" in done.out and "2 failed" in done.out
    assert quoth("status", "--json").object["articles"] == 3


def test_names_of_files_cannot_break_the_line_or_colour_it(quoth: Quoth, tmp_path: Path) -> None:
    names = [b"a\nb.txt", b"c\x1b[31md.txt", b"e\xffg.txt", "h\u202ei.txt".encode(), b"j\rk.txt"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"")
    done = quoth("index", ".")
    assert len(told(done.err, tmp_path)) == len(names)
    assert not set(done.err) & set("\x1b\r\u202e")


def test_names_in_a_conflict_cannot_either(quoth: Quoth, tmp_path: Path) -> None:
    for name in ("a\x1b[31m\nb.jsonl", "b\u202e\r.jsonl"):
        (tmp_path / name).write_text(GOOD % 1)
    done = quoth("index", ".")
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert not set(done.err) & set("\x1b\r\u202e")
