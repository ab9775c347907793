"""The bot's database: one SQLite file, ``QUOTH_DISCORD_DATA``.

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
"""Of the schema; it goes up with a change that an older Quoth could not read."""

_APPLICATION_ID = 0x51756F44  # "QuoD", which tells it from any other SQLite file
_LOCK_TIMEOUT = 10.0  # seconds: another process may export votes
_RETRY_INTERVAL = 0.01  # seconds, where SQLite itself does not wait


class StoreError(QuothError):
    """The database cannot be opened, read or written."""


class Store:
    """The open database. Thread-safe: transactions run one at a time.

    Args:
        existing: do not create the file.

    Raises:
        StoreError: it cannot be opened, is another file, or a newer Quoth made it.
    """

    def __init__(self, path: Path, tables: Sequence[Table], *, existing: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        if existing and not path.is_file():
            raise StoreError(f"{path}: not there; quoth serve makes it (see QUOTH_DISCORD_DATA)")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=_LOCK_TIMEOUT, check_same_thread=False
            )
            try:
                self._prepare(tables)
            except BaseException:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise self._problem(error) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def write(self, seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """A write transaction, committed at the end of the block, rolled back by any error in it.

        Args:
            seconds: the timeout for the lock; ten by default.

        Raises:
            StoreError: for whatever goes wrong with the database inside.
        """
        with self._transaction("BEGIN IMMEDIATE", seconds) as connection:
            yield connection

    @contextmanager
    def read(self, seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """A read transaction; arguments and errors are those of ``write``."""
        with self._transaction("BEGIN", seconds) as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str, seconds: float | None) -> Iterator[sqlite3.Connection]:
        since = time.monotonic()
        if not self._lock.acquire(timeout=-1 if seconds is None else seconds):
            raise StoreError(f"{self.path}: the bot itself is busy with it")
        try:
            wait = _LOCK_TIMEOUT
            if seconds is not None:
                wait = max(0.0, seconds - (time.monotonic() - since))
            try:
                self._connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
                self._connection.execute(begin)
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:  # SQLite may have rolled back by itself
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
            self._check()  # before anything is written to what may be another's file
        self._use_wal()
        # What a user was told is done survives a power failure.
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

    def _use_wal(self) -> None:
        """Set the write-ahead log, with which others can read meanwhile."""
        until = time.monotonic() + _LOCK_TIMEOUT
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # Where several processes create the file, all but one fail without waiting.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_RETRY_INTERVAL)
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
