"""The feeds that a library follows, and what is known of each of their items.

Functions over the truth's connection: that of a ``Transaction`` to change, so that an item and
its article are committed together, or that of a ``LocalReader`` to read.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, fields
from pathlib import Path

from retrieval.errors import LibraryError
from retrieval.library.feed_records import FeedRecord, ItemRecord
from retrieval.library.local.reader import LocalReader
from retrieval.library.location import Location

_FEED = ", ".join(field.name for field in fields(FeedRecord))
_ITEM = ", ".join(field.name for field in fields(ItemRecord))


def follows_any(place: Location) -> bool:
    """Whether there is a library in a folder that can be opened, and it follows a feed."""
    if not isinstance(place, Path):
        return False  # quoth feeds says why
    try:
        library = LocalReader(place)
    except LibraryError:  # not made yet, or what is wrong with it is told elsewhere
        return False
    with closing(library), library.snapshot():
        return bool(list_feeds(library.connection))


def list_feeds(connection: sqlite3.Connection) -> list[FeedRecord]:
    """Every feed, by address."""
    rows = connection.execute(f"SELECT {_FEED} FROM feeds ORDER BY address")  # noqa: S608 - a constant
    return [FeedRecord(*row) for row in rows]


def put_feed(connection: sqlite3.Connection, feed: FeedRecord) -> None:
    """Add a feed, or replace what is known of it."""
    _put(connection, "feeds", "address", _FEED, [astuple(feed)])


def has_feed(connection: sqlite3.Connection, address: str) -> bool:
    """Whether the library follows a feed."""
    row = connection.execute("SELECT 1 FROM feeds WHERE address = ?", (address,)).fetchone()
    return row is not None


def remove_feed(connection: sqlite3.Connection, address: str) -> bool:
    """Forget a feed and its items, not their articles; False where there is no such feed."""
    connection.execute("DELETE FROM feed_items WHERE feed = ?", (address,))
    gone = connection.execute("DELETE FROM feeds WHERE address = ?", (address,))
    return gone.rowcount > 0


def articles_of(connection: sqlite3.Connection, address: str) -> list[str]:
    """The ids of the articles that came from a feed and from no other."""
    rows = connection.execute(
        "SELECT DISTINCT article FROM feed_items JOIN articles ON articles.id = article"
        " WHERE feed = ?1 AND NOT EXISTS (SELECT 1 FROM feed_items AS other"
        " WHERE other.article = feed_items.article AND other.feed != ?1) ORDER BY article",
        (address,),
    )
    return [row[0] for row in rows]


def item_counts(connection: sqlite3.Connection, address: str) -> tuple[int, int]:
    """How many items of a feed are in, and how many are not, or not as the feed has them now."""
    taken, waiting = connection.execute(
        "SELECT count(*) FILTER (WHERE taken IS wanted AND article IS NOT NULL),"
        " count(*) FILTER (WHERE taken IS NOT wanted) FROM feed_items WHERE feed = ?",
        (address,),
    ).fetchone()
    return taken, waiting


def list_item(connection: sqlite3.Connection, item: ItemRecord) -> bool:
    """Remember that a feed lists an item.

    Returns:
        Whether its page is to be taken: it is new to this library, or the feed says other things
        of it than when it was taken.
    """
    row = connection.execute(
        "SELECT wanted, taken, article, failures, due FROM feed_items WHERE feed = ? AND guid = ?",
        (item.feed, item.guid),
    ).fetchone()
    if row is None:
        # Another of a site's feeds may have brought the same page.
        twin = connection.execute(
            "SELECT article FROM feed_items WHERE canonical = ? AND feed != ? AND taken = wanted",
            (item.canonical, item.feed),
        ).fetchone()
        taken, article, failures, due = (item.wanted, twin[0], 0, 0) if twin else (None, None, 0, 0)
    else:
        wanted, taken, article, failures, due = row
        if wanted != item.wanted:  # what was wrong with the page may be no longer
            failures = due = 0
    values = (*astuple(item)[:7], taken, article, failures, due)
    _put(connection, "feed_items", "feed, guid", _ITEM, [values])
    return bool(taken != item.wanted)


def put_item(connection: sqlite3.Connection, item: ItemRecord) -> None:
    """Replace what is known of an item; one whose feed is no longer followed is let go."""
    if has_feed(connection, item.feed):
        _put(connection, "feed_items", "feed, guid", _ITEM, [astuple(item)])


def waiting_items(connection: sqlite3.Connection, address: str) -> list[ItemRecord]:
    """The items of a feed whose pages are to be taken, the newest first."""
    rows = connection.execute(
        f"SELECT {_ITEM} FROM feed_items WHERE feed = ? AND taken IS NOT wanted"  # noqa: S608 - a constant
        " ORDER BY coalesce(date, '') DESC, guid",
        (address,),
    )
    return [ItemRecord(*row) for row in rows]


def postpone_items(connection: sqlite3.Connection, address: str, due: int) -> None:
    """Leave the pages of a feed's waiting items alone until a time."""
    connection.execute(
        "UPDATE feed_items SET due = max(due, ?) WHERE feed = ? AND taken IS NOT wanted",
        (due, address),
    )


def article_at(connection: sqlite3.Connection, canonical: str) -> str | None:
    """The id of the article that came from an address; None where there is none."""
    row = connection.execute("SELECT id FROM articles WHERE file = ?", (canonical,)).fetchone()
    return row[0] if row else None


def same_words_at(
    connection: sqlite3.Connection, canonical: str, sha256: str
) -> tuple[str, str] | None:
    """An article of the same words whose address differs in nothing but the query.

    Returns:
        Its id and its address, or None where there is none.
    """
    row = connection.execute(
        "SELECT id, file FROM articles"
        " WHERE (file = ?1 OR file > ?1 || '?' AND file < ?1 || '@') AND sha256 = ?2",
        (canonical.partition("?")[0], sha256),  # "@" comes right after "?"
    ).fetchone()
    return (row[0], row[1]) if row else None


def said_of(connection: sqlite3.Connection, article_id: str) -> tuple[str | None, str | None]:
    """The title and the date that feeds give to an article's page."""
    row = connection.execute(
        "SELECT max(title), max(date) FROM feed_items WHERE article = ?", (article_id,)
    ).fetchone()
    return row[0], row[1]


def file_of(connection: sqlite3.Connection, article_id: str) -> str | None:
    """The file or address that the article of an id came from; None where there is none."""
    row = connection.execute("SELECT file FROM articles WHERE id = ?", (article_id,)).fetchone()
    return row[0] if row else None


def _put(
    connection: sqlite3.Connection,
    table: str,
    key: str,
    columns: str,
    rows: Iterable[Sequence[object]],
) -> None:
    names = columns.split(", ")
    # Not INSERT OR REPLACE, which would delete a feed's items with its old row.
    new = ", ".join(f"{name} = excluded.{name}" for name in names)
    connection.executemany(
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - constants
        f" ON CONFLICT ({key}) DO UPDATE SET {new}",
        rows,
    )
