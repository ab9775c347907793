"""The articles that servers uploaded: the source of truth, which the library is synced with.

``uploads.indexer`` does the syncing. A removed article stays as a tombstone (``removed`` is set),
so that it is removed from the library again, should a restored backup bring it back there.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.discord.errors import UploadError
from bot.discord.storage import audit_log
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import own_article, own_source
from retrieval.documents.article import Article
from retrieval.documents.article_json import article_from_dict, article_to_dict

MAX_ARTICLES = 2_000
"""How many articles a server may keep."""
MAX_CHARACTERS = 20_000_000
"""How long they may be together, removed articles that can be restored included."""

_PURGED = "{}"  # in place of a removed article that there was no room for any more


@dataclass(frozen=True, slots=True)
class AddResult:
    """What adding articles changed: their titles.

    Attributes:
        updated: articles whose text or title changed.
        unchanged: articles that are there already, or another one with the same text.
        replaced: former titles of updated articles whose title changed.
    """

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


NO_CHANGES = AddResult()
"""Of a request that adds no articles."""


def add(store: Store, server: int, user: int, articles: Iterable[Article]) -> AddResult:
    """Insert or update articles of a server, in one transaction, and log it.

    Args:
        articles: as they were read; they get the server's source and id.

    Raises:
        UploadError: the server would exceed ``MAX_ARTICLES`` or ``MAX_CHARACTERS``.
        StoreError: the database cannot be written.
    """
    outcome: dict[str, list[str]] = {"added": [], "updated": [], "unchanged": [], "replaced": []}
    with store.write() as connection:
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
    """Mark one of a server's own articles as removed; ``undo_removal`` restores it.

    Args:
        article: as it is in the library; inserted first where the database lost it.

    Returns:
        False where it was removed already, or is not the server's.
    """
    if article.source != own_source(server):
        return False
    with store.write() as connection:
        row = connection.execute(
            "SELECT removed FROM uploads WHERE id = ?", (article.id,)
        ).fetchone()
        if row is None:  # the database was lost, and the library was not
            _upsert(connection, server, article)
        elif row[0] is not None:
            return False
        connection.execute(
            "UPDATE uploads SET removed = ? WHERE id = ?", (int(time.time()), article.id)
        )
        audit_log.record(connection, server, user, f"removed “{article.title}”")
    return True


def remove_as_operator(store: Store, article_id: str) -> bool:
    """Mark an article of any server as removed; False where there is none. Logs ``OPERATOR``."""
    with store.write() as connection:
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
    """Clear the removal mark; returns the title, or None where there is nothing to restore."""
    with store.write() as connection:
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
    """The articles of these ids, removed ones included; missing and purged ones are left out."""
    found = []
    with store.read() as connection:
        for article_id in ids:
            row = connection.execute(
                "SELECT article FROM uploads WHERE id = ? AND article <> ?", (article_id, _PURGED)
            ).fetchone()
            if row is not None:
                found.append(article_from_dict(json.loads(row[0])))
    return found


def any_uploads(store: Store) -> bool:
    with store.read() as connection:
        return connection.execute("SELECT 1 FROM uploads LIMIT 1").fetchone() is not None


def states(
    store: Store, server: int | None = None, *, removed: bool = False
) -> dict[str, tuple[str, str]]:
    """Article id to title and SHA-256 of the text, the newest first.

    Args:
        server: the owner, or None for all servers.
        removed: the removed ones, instead of those that the library should hold.
    """
    state = "IS NOT NULL" if removed else "IS NULL"
    with store.read() as connection:
        rows = connection.execute(
            "SELECT id, title, sha256 FROM uploads"  # noqa: S608 - one of two constants
            f" WHERE (?1 IS NULL OR server = ?1) AND removed {state} ORDER BY at DESC, id",
            (server,),
        )
        return {article_id: (title, sha256) for article_id, title, sha256 in rows}


def _upsert(
    connection: sqlite3.Connection, server: int, article: Article
) -> tuple[str, str | None]:
    """Insert or update an article; returns ``added`` etc., and the title that the id had before."""
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
    # Not escaped: MAX_CHARACTERS counts characters.
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
    """Purge the text of removed articles, the oldest removal first, down to ``MAX_CHARACTERS``.

    The row stays as a tombstone.

    Raises:
        UploadError: the articles that are not removed are too long already.
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
