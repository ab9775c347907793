"""Where a library can be, and where nothing is written."""

import os
from pathlib import Path

import pytest

from retrieval.library.local.writer import LocalWriter
from tests.support.quoth_command import Quoth

WRITING = [["index", "a.txt"], ["ask", "Where does the ferry sail?"]]


@pytest.fixture(autouse=True)
def _article(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ferry\n\nThe ferry sails to Holm at nine.\n")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.txt").write_text("Ferry\n\nThe ferry sails to Holm at nine.\n")


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def last_line(err: str) -> str:
    """The error; asking says before it that it indexes."""
    lines = err.splitlines()
    assert len(lines) <= 2
    return lines[-1]


@pytest.mark.parametrize("command", [*WRITING, ["index", "--rebuild"]])
@pytest.mark.parametrize("name", ["notes.txt", ".git/config", "1/truth.sqlite", "words/x"])
def test_a_folder_of_something_else_stays_as_it_was(
    inside: Quoth, tmp_path: Path, command: list[str], name: str
) -> None:
    file = tmp_path / "mine" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"precious")
    before = contents(tmp_path / "mine")
    done = inside(*command, "--library", "mine")
    assert (done.status, done.out) == (1, "")
    assert last_line(done.err).startswith("quoth: mine: ")
    assert contents(tmp_path / "mine") == before


@pytest.mark.parametrize("command", [*WRITING, ["status"], ["articles"], ["index", "--rebuild"]])
def test_a_library_that_is_a_file_is_one_line(
    inside: Quoth, tmp_path: Path, command: list[str]
) -> None:
    for place in ("a.txt", "a.txt/below"):
        done = inside(*command, "--library", place)
        assert (done.status, done.out) == (1, "")
        assert last_line(done.err).startswith(f"quoth: {place}: ")
        assert (tmp_path / "a.txt").read_text().endswith("at nine.\n")


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "--json"],
        ["articles"],
        ["articles", "list", "--json"],
        ["articles", "show", "a"],
        ["articles", "remove", "a"],
    ],
)
def test_before_there_is_a_library_it_says_what_to_run(
    inside: Quoth, tmp_path: Path, command: list[str]
) -> None:
    done = inside(*command)
    assert done.status == 1
    assert done.error == "quoth: library: no library there; run: quoth index"
    assert not (tmp_path / "library").exists()


def test_a_damaged_marker_is_one_line(inside: Quoth, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    for marker in (b"", b"{", b"[]", b"\xff", b'{"format": 1}', b'{"format": 99, "edition": "1"}'):
        (tmp_path / "library" / "quoth.json").write_bytes(marker)
        for command in (["ask", "ferry"], ["index", "a.txt"], ["status"], ["articles"]):
            done = inside(*command)
            assert done.status == 1
            assert done.error.startswith("quoth: library")
            assert "unexpected" not in done.error


def test_a_place_that_may_not_be_written_is_one_line(
    quoth: Quoth, tmp_path: Path, as_a_user: list[str]
) -> None:
    (tmp_path / "ro").mkdir()
    (tmp_path / "ro").chmod(0o555)
    for place in ("ro", "ro/library"):
        for command in WRITING:
            done = quoth(*command, "--library", place, prefix=as_a_user)
            assert (done.status, done.out) == (1, "")
            assert last_line(done.err) == f"quoth: {place}: cannot be written (Permission denied)"


def test_a_library_that_may_not_be_looked_at_is_one_line(
    quoth: Quoth, tmp_path: Path, as_a_user: list[str]
) -> None:
    assert quoth("index", "a.txt").status == 0
    (tmp_path / "library").chmod(0)
    try:
        for command in (*WRITING, ["status"], ["articles"]):
            error = quoth(*command, prefix=as_a_user).error
            assert error == "quoth: library/quoth.json: cannot be read (Permission denied)"
    finally:
        (tmp_path / "library").chmod(0o700)


def test_a_second_writer_is_told_who_writes_and_readers_are_not_kept_waiting(
    quoth: Quoth, tmp_path: Path
) -> None:
    quoth("index", "a.txt")
    with LocalWriter(tmp_path / "library"):
        for command in (["index", "a.txt"], ["articles", "remove", "a"]):
            done = quoth(*command)
            assert done.status == 1
            assert done.error == (
                f"quoth: library: process {os.getpid()} is writing; wait until it is done"
            )
        assert quoth("ask", "Where does the ferry sail?").status == 0
        assert quoth("status").status == 0
    assert quoth("articles", "remove", "a").out == "removed a\n"


def test_a_library_may_be_at_any_path_of_characters(quoth: Quoth) -> None:
    place = "d\u202e e\n#?%41 é"
    assert quoth("index", "a.txt", "--library", place).status == 0
    assert quoth("ask", "Where does the ferry sail?", "--library", place).status == 0
    shown = quoth("status", "--library", place)
    assert "\u202e" not in shown.out
    assert quoth("status", "--library", place, "--json").object["library"] == place


def test_a_path_that_is_not_utf8_is_refused_in_one_line(quoth: Quoth) -> None:
    done = quoth("index", "a.txt", "--library", b"b\xffc")
    assert done.status == 1
    assert "unexpected" not in done.error


def test_debug_shows_where_and_nothing_else_does(quoth: Quoth) -> None:
    plain = quoth("status")
    shown = quoth("--debug", "status")
    assert plain.status == shown.status == 1
    assert len(plain.err.splitlines()) == 1
    assert shown.err.startswith("Traceback")
    assert shown.err.splitlines()[-1].endswith(plain.error.removeprefix("quoth: "))


def test_what_nobody_foresaw_is_one_line_too(
    inside: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        raise ZeroDivisionError("one\ntwo\x1b[31m\x07")

    monkeypatch.setattr("retrieval.library.local.library.LocalLibrary.status", burst)
    done = inside("status")
    assert done.status == 1
    assert done.error == (
        "quoth: unexpected error (ZeroDivisionError: one two␛[31m␇); quoth --debug shows more"
    )
    with pytest.raises(ZeroDivisionError):
        inside("--debug", "status")
