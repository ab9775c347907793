"""The tables of the truth, and how its file is opened."""

import sqlite3
from pathlib import Path

from retrieval.errors import DamagedError, LibraryError, MismatchError

VERSION = 2
"""Of the tables; goes up with every change that an older or newer Quoth could not read."""

ENCODER_FACT = "encoder"
"""The fact that names the encoder whose vectors the library holds."""

UNSWEPT_FACT = "unswept"
"""The fact that is there while passages went whose vectors may still be here."""

COPIED = ("files", "feeds", "feed_items")
"""The tables that a rebuild copies row by row; it makes the others of the articles."""

_APPLICATION_ID = 0x51754F54  # "QuOT", so that `file` and we know one from any other database

# Every commit has a generation, one higher than the last; rows carry that of the commit that
# brought them, so that a cache can read just what changed. Passage ids are never used again.
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE files (
    path TEXT PRIMARY KEY,      -- absolute
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,  -- nanoseconds
    sha256 TEXT NOT NULL,
    complete INTEGER NOT NULL   -- 0: some of it could not be read
) WITHOUT ROWID;

CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    date TEXT,                  -- YYYY-MM-DD
    source TEXT,
    url TEXT,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,       -- of the text
    file TEXT                   -- the path that it was read from
);
CREATE INDEX articles_by_file ON articles (file);
CREATE INDEX articles_by_date ON articles (date);

CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number),
    paragraph INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    digest BLOB NOT NULL,       -- of what the encoder is given: its vector's key
    generation INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);
CREATE INDEX passages_by_digest ON passages (digest);
CREATE INDEX passages_by_generation ON passages (generation);

CREATE TABLE removed (passage INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_by_generation ON removed (generation);

CREATE TABLE vectors (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL,       -- float16, of unit length
    generation INTEGER NOT NULL
);
CREATE INDEX vectors_by_generation ON vectors (generation);

CREATE TABLE pending (digest BLOB PRIMARY KEY) WITHOUT ROWID;  -- not encoded yet

CREATE TABLE feeds (
    address TEXT PRIMARY KEY,
    title TEXT,
    etag TEXT,                  -- of the state whose items are all in feed_items
    last_modified TEXT,
    checked INTEGER,            -- when it was last asked for, in seconds; NULL: never
    due INTEGER NOT NULL,       -- when it may be asked for again
    failures INTEGER NOT NULL,  -- in a row
    problem TEXT                -- what was wrong the last time
) WITHOUT ROWID;

CREATE TABLE feed_items (
    feed TEXT NOT NULL REFERENCES feeds (address) ON DELETE CASCADE,
    guid TEXT NOT NULL,         -- what the feed knows it by
    address TEXT NOT NULL,      -- of its page, as the feed gave it last
    canonical TEXT NOT NULL,    -- that address without what differs from link to link
    title TEXT,
    date TEXT,                  -- YYYY-MM-DD
    wanted TEXT NOT NULL,       -- a digest of what the feed says of it
    taken TEXT,                 -- that digest when its page was last taken; NULL: never
    article TEXT,               -- the id of the article that was made of it
    failures INTEGER NOT NULL,  -- in a row
    due INTEGER NOT NULL,       -- when its page may be asked for
    PRIMARY KEY (feed, guid)
) WITHOUT ROWID;
CREATE INDEX feed_items_by_canonical ON feed_items (canonical);
CREATE INDEX feed_items_by_article ON feed_items (article);

INSERT INTO facts VALUES ('generation', 0);
"""


def open_for_reading(path: Path, *, older: bool = False) -> sqlite3.Connection:
    """Open a truth that exists. Reading never waits for writing.

    Args:
        older: take one that an older version made, too.

    Raises:
        LibraryError: it cannot be opened, or another version made it.
    """
    try:
        connection = _connect(path, mode="rw")  # "ro" could not take part in the WAL
        connection.execute("PRAGMA query_only = ON")
        _check(connection, path, older=older)
    except sqlite3.Error as error:
        raise problem(path, error) from error
    return connection


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a truth, making its tables where there are none.

    Raises:
        LibraryError: it cannot be opened, or another version made it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(path, mode="rwc")
        empty = not connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        if not empty:
            _check(connection, path)  # before anything is changed in what may be another's
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit is on the disk before it is acknowledged, through a power cut too.
        connection.execute("PRAGMA synchronous = FULL")
        # A commit touches the digests' index all over; what is changed again and again is then
        # written once.
        connection.execute("PRAGMA cache_size = -65536")  # 64 MB
        connection.execute("PRAGMA wal_autocheckpoint = 16384")  # pages, as many bytes
        connection.execute("PRAGMA foreign_keys = ON")
        if empty:
            connection.executescript(
                f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id = {_APPLICATION_ID};"
                f" PRAGMA user_version = {VERSION}; COMMIT;"
            )
        # Only to be faster: libraries of this version do without it, too.
        connection.execute("DROP INDEX IF EXISTS articles_by_source")  # the same, and less
        connection.execute(
            "CREATE INDEX IF NOT EXISTS articles_in_short"
            " ON articles (source, date, id, title, sha256)"
        )
    except (sqlite3.Error, OSError) as error:
        raise problem(path, error) from error
    return connection


def problem(path: Path, error: Exception) -> LibraryError:
    """Say in one line what a database's error means to a person."""
    text = str(error)
    if "disk" in text and "full" in text:
        return LibraryError(
            f"{path}: the disk is full; what was committed is kept. Free some space"
        )
    if isinstance(error, sqlite3.DatabaseError) and (
        "malformed" in text or "not a database" in text
    ):
        return DamagedError(f"{path}: damaged ({text}); restore it, or index into another folder")
    if isinstance(error, OSError):
        return LibraryError(f"{path}: {error.strerror or text}")
    return LibraryError(f"{path}: {text}")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # The bot opens a library in one thread and asks in another, but never in two at once.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=30,
        check_same_thread=False,
    )


def _check(connection: sqlite3.Connection, path: Path, *, older: bool = False) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise LibraryError(f"{path}: empty; run: quoth index")
        raise DamagedError(f"{path}: not one of Quoth's; index into another folder")
    if version > VERSION:
        raise MismatchError(f"{path}: made by a newer Quoth; run: pip install --upgrade quoth")
    if version < VERSION and not older:
        raise MismatchError(f"{path}: made by an older Quoth; run: quoth index --rebuild")
