"""The feeds that a library on a server follows: rows of its ledger.

A row of an item has the number of its feed in ``article``, that of its page's address in
``version``, and the key of its article in ``moment``; all of it stands in ``value`` as JSON.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from retrieval.library.feed_records import FeedRecord, ItemRecord
from retrieval.library.milvus.rows import article_key, number_of
from retrieval.library.milvus.schema import STRONG, Collections, Kind, ledger_row
from retrieval.library.milvus.server import Row, Server

_TOGETHER = 1_000  # rows written in one call


class MilvusFeeds:
    """A ``FeedReader``; in a transaction a ``FeedTable``, whose changes ``write`` writes."""

    def __init__(self, server: Server, names: Collections) -> None:
        self._server = server
        self._articles = names.articles
        self._ledger = names.ledger
        self._changed: dict[int, Row | None] = {}  # by id; None: deleted
        self._listed: dict[str, dict[str, ItemRecord]] = {}  # by feed and guid, once it is listed

    def records(self) -> list[FeedRecord]:
        rows = self._rows(Kind.FEED)
        return sorted((FeedRecord(**each) for each in rows), key=lambda feed: feed.address)

    def item_counts(self, address: str) -> tuple[int, int]:
        items = [*self._items(address)]
        waiting = sum(item.taken != item.wanted for item in items)
        return sum(i.taken == i.wanted and i.article is not None for i in items), waiting

    def waiting_items(self, address: str) -> list[ItemRecord]:
        waiting = [item for item in self._items(address) if item.taken != item.wanted]
        waiting.sort(key=lambda item: item.guid)
        waiting.sort(key=lambda item: item.date or "", reverse=True)
        return waiting

    def has(self, address: str) -> bool:
        return self._value(number_of(Kind.FEED.name, address)) is not None

    def put(self, feed: FeedRecord) -> None:
        self._change(ledger_row(Kind.FEED, feed.address, value=json.dumps(asdict(feed))))

    def remove(self, address: str) -> bool:
        there = self.has(address)
        self._listed.pop(address, None)
        for item in self._items(address):
            self._changed[number_of(Kind.FEED_ITEM.name, item.feed, item.guid)] = None
        self._changed[number_of(Kind.FEED.name, address)] = None
        return there

    def only_articles_of(self, address: str) -> list[str]:
        ids = {item.article for item in self._items(address) if item.article}
        return sorted(
            each
            for each in ids
            if self._server.row(self._articles, article_key(each), ["version"], STRONG)
            and all(item.feed == address for item in self._items_with(each))
        )

    def list_item(self, item: ItemRecord) -> bool:
        if item.feed not in self._listed:  # all at once: a server takes its time over each look
            self._listed[item.feed] = {each.guid: each for each in self._items(item.feed)}
        known = self._listed[item.feed].get(item.guid)
        twin = None
        if known is None:  # another of a site's feeds may have brought the same page
            twin = next(
                (
                    each
                    for each in self._items_where(version=_page(item.canonical))
                    if each.canonical == item.canonical
                    and each.feed != item.feed
                    and each.taken == each.wanted
                ),
                None,
            )
        listed = item.after(known, twin.article if twin else None, twin_is_in=twin is not None)
        self._put_item(listed)
        return listed.taken != listed.wanted

    def put_item(self, item: ItemRecord) -> None:
        if self.has(item.feed):
            self._put_item(item)

    def postpone_items(self, address: str, due: int) -> None:
        for item in self.waiting_items(address):
            self._put_item(replace(item, due=max(item.due, due)))

    def said_of(self, article_id: str) -> tuple[str | None, str | None]:
        items = [*self._items_with(article_id)]
        title = max((item.title for item in items if item.title), default=None)
        return title, max((item.date for item in items if item.date), default=None)

    def write(self) -> None:
        rows = [row for row in self._changed.values() if row is not None]
        gone = [number for number, row in self._changed.items() if row is None]
        for start in range(0, len(rows), _TOGETHER):
            self._server.call("upsert", self._ledger, rows[start : start + _TOGETHER])
        for start in range(0, len(gone), _TOGETHER):
            self._server.call("delete", self._ledger, ids=gone[start : start + _TOGETHER])
        self._changed.clear()
        self._listed.clear()

    def _items(self, address: str) -> Iterator[ItemRecord]:
        items = self._items_where(article=number_of("feed", address))
        return (item for item in items if item.feed == address)

    def _items_with(self, article_id: str) -> Iterator[ItemRecord]:
        items = self._items_where(moment=article_key(article_id))
        return (item for item in items if item.article == article_id)

    def _items_where(self, **columns: int) -> Iterator[ItemRecord]:
        return (ItemRecord(**each) for each in self._rows(Kind.FEED_ITEM, **columns))

    def _put_item(self, item: ItemRecord) -> None:
        if item.feed in self._listed:
            self._listed[item.feed][item.guid] = item
        self._change(
            ledger_row(
                Kind.FEED_ITEM,
                item.feed,
                item.guid,
                article=number_of("feed", item.feed),
                version=_page(item.canonical),
                moment=article_key(item.article) if item.article else 0,
                value=json.dumps(asdict(item)),
            )
        )

    def _change(self, row: Row) -> None:
        self._changed[row["id"]] = row

    def _value(self, number: int) -> dict[str, Any] | None:
        """What a row says, with what is not written yet."""
        if number in self._changed:
            row = self._changed[number]
        else:
            row = self._server.row(self._ledger, number, ["value"], STRONG)
        return json.loads(row["value"]) if row else None

    def _rows(self, kind: Kind, **columns: int) -> Iterator[dict[str, Any]]:
        """What the rows of a kind with these values say, with what is not written yet."""
        wanted = {"kind": int(kind), **columns}
        where = " and ".join(f"{name} == {number}" for name, number in wanted.items())
        for row in self._server.rows(self._ledger, where, ["value"], STRONG):
            if row["id"] not in self._changed:
                yield json.loads(row["value"])
        for changed in [*self._changed.values()]:
            if changed and all(changed[name] == number for name, number in wanted.items()):
                yield json.loads(changed["value"])


def _page(canonical: str) -> int:
    return number_of("page", canonical)
