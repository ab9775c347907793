"""The tables of the feeds that a library follows, and of their items."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields

from retrieval.library.feed_records import FeedRecord, ItemRecord

_FEED = ", ".join(field.name for field in fields(FeedRecord))
_ITEM = ", ".join(field.name for field in fields(ItemRecord))


class LocalFeeds:
    """A ``FeedTable``, and a ``FeedReader``.

    Args:
        connection: a transaction's, so that an item and its article are committed together; or a
            reader's.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def records(self) -> list[FeedRecord]:
        rows = self._connection.execute(f"SELECT {_FEED} FROM feeds ORDER BY address")  # noqa: S608
        return [FeedRecord(*row) for row in rows]

    def item_counts(self, address: str) -> tuple[int, int]:
        taken, waiting = self._connection.execute(
            "SELECT count(*) FILTER (WHERE taken IS wanted AND article IS NOT NULL),"
            " count(*) FILTER (WHERE taken IS NOT wanted) FROM feed_items WHERE feed = ?",
            (address,),
        ).fetchone()
        return taken, waiting

    def waiting_items(self, address: str) -> list[ItemRecord]:
        rows = self._connection.execute(
            f"SELECT {_ITEM} FROM feed_items WHERE feed = ? AND taken IS NOT wanted"  # noqa: S608
            " ORDER BY coalesce(date, '') DESC, guid",
            (address,),
        )
        return [ItemRecord(*row) for row in rows]

    def has(self, address: str) -> bool:
        row = self._connection.execute("SELECT 1 FROM feeds WHERE address = ?", (address,))
        return row.fetchone() is not None

    def put(self, feed: FeedRecord) -> None:
        self._upsert("feeds", "address", _FEED, [astuple(feed)])

    def remove(self, address: str) -> bool:
        self._connection.execute("DELETE FROM feed_items WHERE feed = ?", (address,))
        gone = self._connection.execute("DELETE FROM feeds WHERE address = ?", (address,))
        return gone.rowcount > 0

    def only_articles_of(self, address: str) -> list[str]:
        rows = self._connection.execute(
            "SELECT DISTINCT article FROM feed_items JOIN articles ON articles.id = article"
            " WHERE feed = ?1 AND NOT EXISTS (SELECT 1 FROM feed_items AS other"
            " WHERE other.article = feed_items.article AND other.feed != ?1) ORDER BY article",
            (address,),
        )
        return [row[0] for row in rows]

    def list_item(self, item: ItemRecord) -> bool:
        row = self._connection.execute(
            f"SELECT {_ITEM} FROM feed_items WHERE feed = ? AND guid = ?",  # noqa: S608
            (item.feed, item.guid),
        ).fetchone()
        known = ItemRecord(*row) if row else None
        twin = None
        if known is None:  # another of a site's feeds may have brought the same page
            row = self._connection.execute(
                "SELECT article FROM feed_items WHERE canonical = ? AND feed != ?"
                " AND taken = wanted",
                (item.canonical, item.feed),
            ).fetchone()
            twin = row[0] if row else None
        listed = item.after(known, twin, twin_is_in=bool(row))
        self._upsert("feed_items", "feed, guid", _ITEM, [astuple(listed)])
        return listed.taken != listed.wanted

    def put_item(self, item: ItemRecord) -> None:
        if self.has(item.feed):
            self._upsert("feed_items", "feed, guid", _ITEM, [astuple(item)])

    def postpone_items(self, address: str, due: int) -> None:
        self._connection.execute(
            "UPDATE feed_items SET due = max(due, ?) WHERE feed = ? AND taken IS NOT wanted",
            (due, address),
        )

    def said_of(self, article_id: str) -> tuple[str | None, str | None]:
        row = self._connection.execute(
            "SELECT max(title), max(date) FROM feed_items WHERE article = ?", (article_id,)
        ).fetchone()
        return row[0], row[1]

    def _upsert(self, table: str, key: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
        names = columns.split(", ")
        # Not INSERT OR REPLACE, which would delete a feed's items with its old row.
        new = ", ".join(f"{name} = excluded.{name}" for name in names)
        self._connection.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
            f" ON CONFLICT ({key}) DO UPDATE SET {new}",
            rows,
        )
