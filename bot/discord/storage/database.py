"""What the bot keeps between restarts: one SQLite file, ``QUOTH_DISCORD_DATA``.

``schema.py`` has its tables. One that a newer Quoth adds is created when the file is opened.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.discord.storage.schema import Table
from retrieval.errors import QuothError

VERSION = 1
"""Of the tables; goes up with a change of one that an older Quoth could not read."""

_APPLICATION_ID = 0x51756F44  # "QuoD", so that `file` and we know one from any other database
_SECONDS_TO_WAIT = 10.0  # for another process, such as one that exports votes
_SECONDS_BETWEEN = 0.01  # tries, where SQLite itself does not wait


class StoreError(QuothError):
    """The bot's file cannot be opened, read or written."""


class Store:
    """The bot's file, opened. Any thread may use it; one at a time does.

    Args:
        path: the file.
        tables: what is to be in it; those that are not there yet are made.
        existing: refuse to make the file where there is none.

    Raises:
        StoreError: it cannot be opened, is something else, or a newer Quoth made it.
    """

    def __init__(self, path: Path, tables: Sequence[Table], *, existing: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        if existing and not path.is_file():
            raise StoreError(f"{path}: not there; quoth serve makes it (see QUOTH_DISCORD_DATA)")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=_SECONDS_TO_WAIT, check_same_thread=False
            )
            try:
                self._prepare(tables)
            except BaseException:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def write(self, seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """Change the store: all that is done inside is kept, or nothing.

        Args:
            seconds: how long to wait for others at most; by default as long as is reasonable.

        Raises:
            StoreError: for whatever goes wrong with the database inside.
        """
        with self._transaction("BEGIN IMMEDIATE", seconds) as connection:
            yield connection

    @contextmanager
    def read(self, seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """Read one state of the store; takes and raises what ``write`` does."""
        with self._transaction("BEGIN", seconds) as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str, seconds: float | None) -> Iterator[sqlite3.Connection]:
        since = time.monotonic()
        if not self._lock.acquire(timeout=-1 if seconds is None else seconds):
            raise StoreError(f"{self.path}: the bot itself is busy with it")
        try:
            wait = _SECONDS_TO_WAIT
            if seconds is not None:
                wait = max(0.0, seconds - (time.monotonic() - since))
            try:
                self._connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
                self._connection.execute(begin)
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:  # SQLite itself may have gone back
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._problem(error) from error
        finally:
            self._lock.release()

    def _prepare(self, tables: Sequence[Table]) -> None:
        execute = self._connection.execute
        there = {name for (name,) in execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if there:
            self._check()  # before anything is changed in what may be another's
        self._write_ahead()
        # What a person was told is done is on the disk, through a power cut too.
        execute("PRAGMA synchronous = FULL")
        missing = [table for table in tables if table.name not in there]
        if there and not missing:
            return
        with self.write() as connection:
            # Another process may have made them in the meantime.
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            there = {name for (name,) in rows}
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            for table in missing:
                if table.name not in there:
                    for statement in _statements(table.sql):  # executescript would commit
                        connection.execute(statement)

    def _write_ahead(self) -> None:
        """Set the journal that lets others read meanwhile."""
        until = time.monotonic() + _SECONDS_TO_WAIT
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # Of several who make the file at once, SQLite has all but one fail and not wait.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_SECONDS_BETWEEN)
            else:
                return

    def _check(self) -> None:
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION_ID:
            raise StoreError(
                f"{self.path}: not the bot's file; set QUOTH_DISCORD_DATA to another, or a new one"
            )
        if version > VERSION:
            raise StoreError(
                f"{self.path}: made by a newer Quoth; run: pip install --upgrade quoth"
            )

    def _problem(self, error: Exception) -> StoreError:
        text = " ".join(str(error).split())
        if isinstance(error, OSError):
            text = error.strerror or text
        elif "not a database" in text or "malformed" in text:
            text = f"damaged ({text}); restore it, or set QUOTH_DISCORD_DATA to a new file"
        elif "full" in text:
            text = "the disk is full; free some space"
        return StoreError(f"{self.path}: {text}")


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script, one at a time; a semicolon may stand in a comment, too."""
    statement = ""
    for part in sql.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
