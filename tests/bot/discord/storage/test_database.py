"""The bot's database: its schema, its locks, and files that cannot be used."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.discord.storage.database import VERSION, Store, StoreError
from bot.discord.storage.schema import Table

NOTES = Table(
    "notes",
    """
    CREATE TABLE notes (
        text TEXT  -- of any length; or none
    );
    CREATE INDEX notes_by_text ON notes (text)
    """,
)
LATER = Table("later", "CREATE TABLE later (number INTEGER)")


def texts(store: Store) -> list[str]:
    with store.read() as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY text")]


def note(store: Store, text: str) -> None:
    with store.write() as connection:
        connection.execute("INSERT INTO notes VALUES (?)", (text,))


def test_what_was_changed_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "discord.sqlite"
    first = Store(path, [NOTES])
    note(first, "kept")
    first.close()
    again = Store(path, [NOTES, LATER], existing=True)
    assert texts(again) == ["kept"]
    with again.read() as connection:  # a table that came later was made
        assert connection.execute("SELECT count(*) FROM later").fetchone() == (0,)
    again.close()


def test_a_change_that_fails_changes_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    store = Store(tmp_path / "discord.sqlite", [NOTES])
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        connection.execute("INSERT INTO notes VALUES ('half')")
        _ = 1 / 0
    note(store, "whole")
    assert texts(store) == ["whole"]
    store.close()


def test_a_broken_statement_is_told_in_one_line(tmp_path: Path) -> None:
    store = Store(tmp_path / "discord.sqlite", [NOTES])
    with pytest.raises(StoreError) as caught, store.read() as connection:
        connection.execute("SELECT * FROM nowhere")
    assert str(caught.value) == f"{store.path}: no such table: nowhere"
    store.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    store = Store(tmp_path / "discord.sqlite", [NOTES])
    errors: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(25):
                note(store, f"{name}{number:02}")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert len(texts(store)) == 100
    store.close()


def test_another_process_reads_while_the_bot_writes(tmp_path: Path) -> None:
    store = Store(tmp_path / "discord.sqlite", [NOTES])
    note(store, "before")
    code = (
        "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("
        "'SELECT group_concat(text) FROM notes').fetchone()[0])"
    )
    with store.write() as connection:
        connection.execute("INSERT INTO notes VALUES ('not yet')")
        read = subprocess.run(
            [sys.executable, "-c", code, str(store.path)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert read.stdout == "before\n", read.stderr
    store.close()


@pytest.mark.parametrize("name", [f"{n}.sqlite" for n in range(60)])  # one in 25 used to fail
def test_two_processes_can_open_a_new_file_at_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    problems: list[BaseException] = []
    start = threading.Barrier(4)

    def open_it() -> None:
        start.wait(60)
        try:
            Store(path, [NOTES, LATER]).close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not problems


def test_a_file_that_is_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("Not a database, but words that are long enough for its header. " * 20)
    before = text.read_bytes()
    with pytest.raises(StoreError, match=r"damaged .*QUOTH_DISCORD_DATA"):
        Store(text, [NOTES])
    assert text.read_bytes() == before

    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE contacts (name)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(StoreError, match="not the bot's file; set QUOTH_DISCORD_DATA"):
        Store(other, [NOTES])
    assert other.read_bytes() == before


def test_a_file_of_a_newer_quoth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "discord.sqlite"
    Store(path, [NOTES]).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer Quoth"):
        Store(path, [NOTES])


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"missing\.sqlite: not there; quoth serve makes it"):
        Store(tmp_path / "missing.sqlite", [NOTES], existing=True)
    assert not (tmp_path / "missing.sqlite").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "discord.sqlite", [NOTES])
    with pytest.raises(StoreError, match="unable to open"):
        Store(tmp_path, [NOTES])
