"""The tables of the bot's database. ``Store`` creates those that are missing.

Columns are never renamed or removed: the database of an older Quoth is opened as it is.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and the statements that create it and its indexes."""

    name: str
    sql: str


QUESTIONS = Table(
    "asked",
    """
    CREATE TABLE asked (
        key TEXT PRIMARY KEY,      -- random, so that a new store knows none of an old one's
        server INTEGER,            -- none for a direct message
        question TEXT,             -- none where somebody's message was looked up
        at INTEGER NOT NULL,       -- Unix time
        answered INTEGER NOT NULL,
        confidence REAL NOT NULL,
        quotes TEXT NOT NULL,      -- JSON: article, start, stop, sha256, and the answer's words
        follows TEXT               -- the key of the question that this one follows
    ) WITHOUT ROWID;
    CREATE INDEX asked_by_time ON asked (at)
    """,
)

VOTES = Table(
    "votes",
    """
    CREATE TABLE votes (
        message INTEGER NOT NULL,  -- the bot's, with the answer
        voter INTEGER NOT NULL,
        server INTEGER,            -- none for a direct message
        question TEXT NOT NULL,
        article TEXT,              -- none for "not found"
        start INTEGER,             -- the marked words in its text, or the quote without any
        stop INTEGER,
        sha256 TEXT,               -- of the text
        is_right INTEGER NOT NULL,
        at INTEGER NOT NULL,       -- Unix time
        PRIMARY KEY (message, voter)
    ) WITHOUT ROWID;
    CREATE INDEX votes_by_time ON votes (at)
    """,
)

SERVER_SETTINGS = Table(
    "servers", "CREATE TABLE servers (server INTEGER PRIMARY KEY, settings TEXT NOT NULL)"
)

UPLOADS = Table(
    "uploads",
    """
    CREATE TABLE uploads (
        id TEXT PRIMARY KEY,        -- of the article, in the library
        server INTEGER NOT NULL,
        title TEXT NOT NULL,
        sha256 TEXT NOT NULL,       -- of the article's text
        article TEXT NOT NULL,      -- all of it, as JSON
        at INTEGER NOT NULL,        -- seconds since 1970
        removed INTEGER             -- the same; NULL: it is to be in the library
    ) WITHOUT ROWID;
    CREATE INDEX uploads_by_server ON uploads (server, removed)
    """,
)

AUDIT_LOG = Table(
    "audit",
    """
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        server INTEGER NOT NULL,
        person INTEGER NOT NULL,
        at INTEGER NOT NULL,        -- seconds since 1970
        what TEXT NOT NULL
    );
    CREATE INDEX audit_by_server ON audit (server, number)
    """,
)

TABLES = (QUESTIONS, VOTES, SERVER_SETTINGS, UPLOADS, AUDIT_LOG)
