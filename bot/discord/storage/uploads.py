"""The articles that servers added themselves, as they are kept, whatever becomes of the library.

The library is brought in step with them by ``indexer.py``; a server sees its own alone.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.discord.storage import audit_log
from bot.discord.storage.database import Store, Table
from bot.discord.storage.ownership import own_article
from bot.discord.storage.server_settings import own_source
from retrieval.documents.article import Article
from retrieval.documents.article_json import article_from_dict, article_to_dict
from retrieval.errors import QuothError

TABLE = Table(
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

MAX_ARTICLES = 2_000
"""How many articles a server may keep."""
MAX_CHARACTERS = 20_000_000
"""How long they may be together, what was removed and can be put back included."""

_PURGED = "{}"  # stands for an article that was removed and that there was no room for any more


class UploadError(QuothError):
    """What cannot be added; the message is for the person who tried."""


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of articles that were to be added, by their titles.

    Attributes:
        added: those that are new.
        updated: those that were there with other words.
        unchanged: those that were there already, or whose words were.
        replaced: what those that were updated were called before, where that was something else.
    """

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


NO_CHANGES = AddResult()
"""Where nothing was to be added."""


def add(store: Store, server: int, user: int, articles: Iterable[Article]) -> AddResult:
    """Keep articles for a server.

    Args:
        store: where.
        server: whose they will be.
        user: who adds them.
        articles: as they were read.

    Raises:
        UploadError: the server would have too many, or too long ones.
        StoreError: they cannot be kept.
    """
    outcome: dict[str, list[str]] = {"added": [], "updated": [], "unchanged": [], "replaced": []}
    with store.change() as connection:
        for each in articles:
            article = own_article(server, each)
            change, before = _upsert(connection, server, article)
            outcome[change].append(article.title)
            if change == "updated" and before is not None and before != article.title:
                outcome["replaced"].append(before)
                audit_log.record(
                    connection, server, user, f"replaced “{before}” by “{article.title}”"
                )
            elif change != "unchanged":
                audit_log.record(connection, server, user, f"{change} “{article.title}”")
        count = _count(connection, server)
        if count > MAX_ARTICLES:
            raise UploadError(
                f"A server can keep {MAX_ARTICLES:,} articles, and with these it would have"
                f" {count:,}; remove some first."
            )
        _purge_removed(connection, server)
    return AddResult(**{change: tuple(titles) for change, titles in outcome.items()})


def remove(store: Store, server: int, user: int, article: Article) -> bool:
    """Remove one of a server's own articles; ``undo_removal`` brings it back.

    Args:
        store: where they are kept.
        server: whose it is.
        user: who removes it.
        article: as it is in the library, for where the store no longer has it.

    Returns:
        Whether it was there; False where another click was faster.
    """
    if article.source != own_source(server):
        return False
    with store.change() as connection:
        row = connection.execute(
            "SELECT removed FROM uploads WHERE id = ?", (article.id,)
        ).fetchone()
        if row is None:  # the store was lost, and the library was not
            _upsert(connection, server, article)
        elif row[0] is not None:
            return False
        connection.execute(
            "UPDATE uploads SET removed = ? WHERE id = ?", (int(time.time()), article.id)
        )
        audit_log.record(connection, server, user, f"removed “{article.title}”")
    return True


def remove_as_operator(store: Store, article_id: str) -> bool:
    """Remove an article whosever it is, for whoever runs the bot; False where it is not kept."""
    with store.change() as connection:
        row = connection.execute(
            "SELECT server, title FROM uploads WHERE id = ? AND removed IS NULL", (article_id,)
        ).fetchone()
        if row is None:
            return False
        connection.execute(
            "UPDATE uploads SET removed = ? WHERE id = ?", (int(time.time()), article_id)
        )
        audit_log.record(connection, row[0], audit_log.OPERATOR, f"removed “{row[1]}”")
    return True


def undo_removal(store: Store, server: int, user: int, article_id: str) -> str | None:
    """Undo a removal; returns the title, or None where there is nothing to bring back."""
    with store.change() as connection:
        row = connection.execute(
            "SELECT title FROM uploads WHERE id = ? AND server = ? AND removed IS NOT NULL"
            " AND article <> ?",
            (article_id, server, _PURGED),
        ).fetchone()
        if row is None:
            return None
        connection.execute("UPDATE uploads SET removed = NULL WHERE id = ?", (article_id,))
        audit_log.record(connection, server, user, f"put back “{row[0]}”")
        return str(row[0])


def articles(store: Store, ids: Sequence[str]) -> list[Article]:
    """Articles that are kept, by their ids."""
    found = []
    with store.look() as connection:
        for article_id in ids:
            row = connection.execute(
                "SELECT article FROM uploads WHERE id = ? AND article <> ?", (article_id, _PURGED)
            ).fetchone()
            if row is not None:
                found.append(article_from_dict(json.loads(row[0])))
    return found


def any_uploads(store: Store) -> bool:
    """Whether any server has added, or removed, anything."""
    with store.look() as connection:
        return connection.execute("SELECT 1 FROM uploads LIMIT 1").fetchone() is not None


def states(
    store: Store, server: int | None = None, *, removed: bool = False
) -> dict[str, tuple[str, str]]:
    """The title and the text's hash of what is to be in the library, or not any more, by its id.

    Args:
        store: where they are kept.
        server: of this one alone, or None for all.
        removed: those that were removed.
    """
    state = "IS NOT NULL" if removed else "IS NULL"
    with store.look() as connection:
        rows = connection.execute(
            "SELECT id, title, sha256 FROM uploads"  # noqa: S608 - one of two constants
            f" WHERE (?1 IS NULL OR server = ?1) AND removed {state} ORDER BY at DESC, id",
            (server,),
        )
        return {article_id: (title, sha256) for article_id, title, sha256 in rows}


def _upsert(
    connection: sqlite3.Connection, server: int, article: Article
) -> tuple[str, str | None]:
    """Keep an article; returns what that changes, and what was called so before it."""
    sha256 = article.sha256
    known = connection.execute(
        "SELECT title, sha256, removed FROM uploads WHERE id = ?", (article.id,)
    ).fetchone()
    before = known[0] if known else None
    if known and known[2] is None and known[:2] == (article.title, sha256):
        return "unchanged", before
    if known is None:
        twin = connection.execute(
            "SELECT 1 FROM uploads WHERE server = ? AND sha256 = ? AND removed IS NULL",
            (server, sha256),
        ).fetchone()
        if twin:
            return "unchanged", before
    # Not escaped, so that it is as long as its characters are many.
    whole = json.dumps(article_to_dict(article), ensure_ascii=False)
    connection.execute(
        "INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (article.id, server, article.title, sha256, whole, int(time.time())),
    )
    return "updated" if known and known[2] is None else "added", before


def _count(connection: sqlite3.Connection, server: int) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM uploads WHERE server = ? AND removed IS NULL", (server,)
    ).fetchone()
    return int(count)


def _purge_removed(connection: sqlite3.Connection, server: int) -> None:
    """Delete the words of what was removed, the longest ago first, until the rest may be kept.

    Its id stays: should it come back into the library, it is taken out again.
    """
    rows = connection.execute(
        "SELECT id, length(article), removed IS NULL FROM uploads WHERE server = ?"
        " ORDER BY removed IS NULL, removed",
        (server,),
    ).fetchall()
    total = sum(size for _, size, _ in rows)
    for article_id, size, kept in rows:
        if total <= MAX_CHARACTERS:
            return
        if kept:
            raise UploadError(
                f"A server can keep {MAX_CHARACTERS:,} characters, and with these it would have"
                f" {total:,}; remove some articles first."
            )
        connection.execute("UPDATE uploads SET article = ? WHERE id = ?", (_PURGED, article_id))
        total -= size - len(_PURGED)
