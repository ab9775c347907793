"""The truth: who may write, what is refused, and that a reader's view holds still."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.documents.passages import split_into_passages
from retrieval.errors import (
    DamagedError,
    LibraryError,
    LockedError,
    MismatchError,
    NotALibraryError,
)
from retrieval.library.local.folder import current_edition
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import answerer_of, article, build, mirror, truth
from tests.support.encoders import ReadableEncoder

TALKS = article("talks", "The talks were held in Istanbul.", date="2022-03-29")


def one_line(error: pytest.ExceptionInfo[LibraryError], *words: str) -> None:
    """Check that an error is one line, and says these words."""
    line = str(error.value)
    assert len(line.splitlines()) == 1
    for word in words:
        assert word in line


@pytest.fixture
def made(library: Path, encoder: ReadableEncoder) -> Path:
    """A library of one article."""
    return build(library, encoder, [TALKS])


def test_what_was_put_is_read_back(made: Path) -> None:
    opened = LocalReader(made)
    assert opened.article("talks") == TALKS
    assert opened.article("other") is None
    opened.close()


def test_a_snapshot_holds_still_while_another_writes(made: Path) -> None:
    reader = LocalReader(made)
    with reader.snapshot() as before:
        with LocalWriter(made) as writer, writer.commit() as change:
            change.put(article("more", "More words. And more."), "test")
            change.remove("talks")
        assert reader.state() == before
        assert reader.article("talks") == TALKS
        assert reader.article("more") is None
    with reader.snapshot() as after:
        assert (after.articles, after.generation) == (1, before.generation + 1)
        assert reader.article("talks") is None
    reader.close()


def test_what_fails_inside_a_commit_did_not_happen(made: Path) -> None:
    reader = LocalReader(made)
    generation = reader.generation()
    with LocalWriter(made) as writer:
        with pytest.raises(KeyError), writer.commit() as change:
            change.put(article("half", "Half of it."), "test")
            raise KeyError
        assert reader.article("half") is None
        assert reader.generation() == generation
        with writer.commit() as change:  # and the writer goes on
            change.put(article("whole", "All of it."), "test")
    assert reader.generation() == generation + 1
    reader.close()


def test_a_second_writer_is_told_which_process_writes(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.library.local.lock.PATIENCE", 0.05)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(made)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(LockedError) as error:
            LocalWriter(made)
        one_line(error, str(made), f"process {holder.pid}", "wait")
        reader = LocalReader(made)  # asking needs no lock
        assert reader.article("talks") == TALKS
        reader.close()
        holder.kill()
    with LocalWriter(made):  # nothing is left to clean up after a kill
        pass


HOLD = """
import sys
from pathlib import Path
from retrieval.library.local.writer import LocalWriter

with LocalWriter(Path(sys.argv[1])):
    print("holding", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("name", ["thesis.doc", "1", ".git", "words"])
def test_a_folder_with_something_else_is_not_written_into(library: Path, name: str) -> None:
    library.mkdir()
    (library / name).write_text("mine")
    with pytest.raises(NotALibraryError) as error:
        LocalWriter(library)
    one_line(error, str(library), "empty or a new folder")
    assert [path.name for path in library.iterdir()] == [name]
    assert (library / name).read_text() == "mine"


def test_a_file_is_no_library(library: Path) -> None:
    library.write_text("mine")
    for use in (LocalWriter, LocalReader):
        with pytest.raises(NotALibraryError) as error:
            use(library)
        one_line(error, str(library))
    assert library.read_text() == "mine"


def test_reading_makes_nothing(library: Path) -> None:
    with pytest.raises(NotALibraryError) as error:
        LocalReader(library)
    one_line(error, "run: quoth index")
    assert not library.exists()


@pytest.mark.parametrize(
    "marker", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": "x", "edition": "1"}',
               b'{"format": 1}', b'"quoth"', b"\0" * 40],
)  # fmt: skip
def test_a_damaged_marker_is_refused_and_left_alone(made: Path, marker: bytes) -> None:
    (made / "quoth.json").write_bytes(marker)
    for use in (LocalWriter, LocalReader):
        with pytest.raises(DamagedError) as error:
            use(made)
        one_line(error, "quoth.json", "damaged")
    assert (made / "quoth.json").read_bytes() == marker


def test_a_newer_folder_is_refused(made: Path) -> None:
    (made / "quoth.json").write_text(json.dumps({"format": 2, "edition": "1"}))
    for use in (LocalWriter, LocalReader):
        with pytest.raises(MismatchError) as error:
            use(made)
        one_line(error, "newer Quoth", "pip install --upgrade quoth")


def test_newer_tables_are_refused(made: Path) -> None:
    connection = truth(made)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for use in (LocalWriter, LocalReader):
        with pytest.raises(MismatchError) as error:
            use(made)
        one_line(error, "newer Quoth", "pip install --upgrade quoth")


def test_some_other_database_is_refused(made: Path) -> None:
    (made / "1" / "truth.sqlite").unlink()
    other = sqlite3.connect(made / "1" / "truth.sqlite")
    other.execute("CREATE TABLE mine (x)")
    other.close()
    for use in (LocalWriter, LocalReader):
        with pytest.raises(LibraryError) as error:
            use(made)
        one_line(error)
    other = sqlite3.connect(made / "1" / "truth.sqlite")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    other.close()


def test_another_encoder_is_refused(made: Path) -> None:
    other = ReadableEncoder("other@2")
    with pytest.raises(MismatchError) as error:
        answerer_of(made, other, 0.5)
    one_line(error, "readable@1", "other@2", "QUOTH_ENCODER", "quoth index --rebuild")
    with LocalWriter(made) as writer, pytest.raises(MismatchError):
        writer.claim(other.identity)


def test_a_text_that_was_tampered_with_is_not_quoted(made: Path, encoder: ReadableEncoder) -> None:
    connection = truth(made)
    connection.execute("UPDATE articles SET text = replace(text, 'Istanbul', 'Timbuktu')")
    connection.close()
    opened = LocalReader(made)
    with pytest.raises(DamagedError) as error:
        opened.article("talks")
    one_line(error, "talks", "does not match")
    opened.close()
    answerer = answerer_of(made, encoder, 0.5)
    with pytest.raises(DamagedError):
        answerer.ask("where were the talks held?")
    answerer.close()


def test_a_damaged_database_is_told_in_one_line(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, [article(f"a{n}", f"Words {n} here. " * 60) for n in range(30)])
    path = current_edition(library).truth
    connection = truth(library)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = path.read_bytes()
    refused = 0
    for page in range(0, len(whole), 4096):
        path.write_bytes(whole[:page] + b"\x5a" * 4096 + whole[page + 4096 :])
        for use in (lambda: mirror(library, encoder), lambda: ask(library, encoder)):
            try:
                use()
            except LibraryError as error:
                assert len(str(error).splitlines()) == 1
                refused += 1
        for rest in path.parent.glob("truth.sqlite-*"):
            rest.unlink()
    assert refused


def ask(library: Path, encoder: ReadableEncoder) -> None:
    answerer = answerer_of(library, encoder, 0.5)
    answerer.ask("words 3 here")
    answerer.close()


def test_the_encoder_is_given_the_title_that_a_digest_is_of(library: Path) -> None:
    """Two passages of one digest share a vector, so it must be of the very text encoded."""
    long = article("a", "Words 😀 of astral 𝒜 length.\n\nMore.", title="T" * 500)
    with LocalWriter(library) as writer:
        with writer.commit() as change:
            change.put(long, "test")
        (given,) = writer.encoder_texts(writer.pending())
    (passage,) = split_into_passages(long.text)
    assert given == f"{'T' * 160}. {long.text[passage.start : passage.end]}"
