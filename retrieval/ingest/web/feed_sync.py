"""Brings what feeds and pages hold into the library.

A feed is asked for what it lists; what it lists is committed before any of the pages is asked for,
so that a run that was killed goes on where it stopped. Several feeds are read at once, each host
by one request at a time. The library is held only for the moment of a commit.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from retrieval.errors import FetchError, LibraryError, ReadingError
from retrieval.ingest.web.addresses import canonical, parse_address
from retrieval.ingest.web.feed_parser import Feed, FeedItem
from retrieval.ingest.web.fetcher import Fetcher, Limits, at_once
from retrieval.ingest.web.page_storage import take_page
from retrieval.ingest.web.saver import Saver, encode_saved
from retrieval.ingest.web.subscriptions import read_feed
from retrieval.library import open as open_library
from retrieval.library.feed_records import FeedRecord, ItemRecord
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.library.writing import Transaction
from retrieval.models.encoder.base import Encoder

_INTERVAL = 15 * 60  # seconds from one look at a feed to the next
_LONGEST_BACKOFF = 24 * 3600
_PAGE_BACKOFF = 3600  # seconds until a page that failed is tried again; doubled each time
_TRIES = 6  # then it is left alone until its feed says something else of it
_NEVER_AS_LONG = 8 * 24 * 3600  # nothing is put off so far: the clock must have gone back


@dataclass(slots=True)
class SyncSummary(Summary):
    """What a run did.

    Attributes:
        same: feeds that were as they had been.
        early: feeds that may not be asked again yet, and when they may, in seconds since 1970.
        unchanged: items that are in as they are.
        failed: feeds and pages that could not be read.
    """

    read: int = 0
    same: int = 0
    early: list[tuple[str, int]] = field(default_factory=list)


def sync(
    addresses: Sequence[str],
    location: Location,
    encoder: Encoder,
    reporter: Reporter,
    *,
    allow_private: bool,
    force: bool = False,
    limits: Limits | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> SyncSummary:
    """Bring the articles of feeds into the library. Needs no terminal, but no running event loop.

    Args:
        addresses: of the feeds; none: all that the library follows.
        allow_private: whether addresses inside this machine and its network may be asked.
        force: ask those too that should not be asked again yet.
        enough: asked between batches of vectors; once it says so, the rest is left for later.

    Returns:
        What was done. Whatever could be read is in, whatever else failed.

    Raises:
        LibraryError: the library cannot be read or written, or does not follow a feed that was
            named; what was committed until then is kept.
    """
    with closing(open_library(location).reader()) as opened, opened.snapshot():
        records = _chosen(opened.feeds.records(), addresses)

    async def run() -> SyncSummary:
        async with Fetcher(limits or Limits(), allow_private=allow_private) as fetcher:
            syncing = _Syncing(location, fetcher, Saver(location, encoder), reporter)
            await at_once([syncing.sync(record, force=force) for record in records])
            return syncing.summary

    summary = asyncio.run(run())
    if summary.added or summary.updated or _pending(location):
        encode_saved(location, encoder, reporter, enough)
    return summary


class _Syncing:
    """One run over some feeds."""

    def __init__(
        self, location: Location, fetcher: Fetcher, saver: Saver, reporter: Reporter
    ) -> None:
        self.summary = SyncSummary()
        self._location = location
        self._fetcher = fetcher
        self._saver = saver
        self._reporter = reporter
        self._reading = asyncio.Lock()  # what reads pages and feeds was not made for threads
        self._done = 0
        self._total = 0

    async def sync(self, record: FeedRecord, *, force: bool) -> None:
        """Read a feed, where it is time, and take the pages that it led to."""
        if force or _is_due(record.due):
            await self._read(record)
        else:
            self.summary.early.append((record.address, record.due))
        listed = await asyncio.to_thread(self._waiting, record.address)
        waiting = [item for item in listed if force or _is_due(item.due)]
        self._total += len(waiting)
        for item in waiting:
            if not await self._take(item):
                break
            self._done += 1
            self._reporter.progress("Fetching", self._done, self._total)

    async def _read(self, record: FeedRecord) -> None:
        """Commit what a feed lists, or what is wrong with it."""
        now = int(time.time())
        try:
            fetched = await self._fetcher.fetch(record.address, record.etag, record.last_modified)
            feed = None
            if fetched.body is not None:
                async with self._reading:
                    feed = await asyncio.to_thread(read_feed, fetched, record.address)
        except ReadingError as error:
            self._fail(error)
            await self._save_feed(_failed(record, error, now))
            return
        record = replace(record, checked=now, due=now + _INTERVAL, failures=0, problem=None)
        if feed is None:
            self.summary.same += 1
            await self._save_feed(record)
            return
        record = replace(
            record,
            title=feed.title,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            problem="; ".join(feed.problems) or None,
        )
        for problem in feed.problems:
            self._fail(ReadingError(record.address, problem))
        self.summary.read += 1
        self.summary.unchanged += await self._save_feed(record, feed)

    async def _save_feed(self, record: FeedRecord, feed: Feed | None = None) -> int:
        """Commit a feed with what it lists; how many of that are in as they are."""
        items = [_item(record.address, item) for item in feed.items] if feed else []

        def save(change: Transaction) -> int:
            if not change.feeds.has(record.address):  # removed meanwhile
                return 0
            change.feeds.put(record)
            return sum(not change.feeds.list_item(item) for item in items)

        return await self._saver.save(save)

    async def _take(self, item: ItemRecord) -> bool:
        """Take the page of an item; False where its host asks to be left alone."""
        try:
            outcome = await take_page(item.address, self._fetcher, self._saver, self._reading, item)
            self.summary.count(outcome)
        except ReadingError as error:
            self._fail(error)
            now = int(time.time())
            if isinstance(error, FetchError) and error.retry_after:
                due = now + int(error.retry_after) + 1
                await self._saver.save(lambda change: change.feeds.postpone_items(item.feed, due))
                return False
            failures = item.failures + 1
            failed = replace(
                item,
                failures=failures,
                due=now + _PAGE_BACKOFF * 2 ** (failures - 1),
                taken=item.wanted if failures >= _TRIES else item.taken,
            )
            await self._saver.save(lambda change: change.feeds.put_item(failed))
        return True

    def _waiting(self, address: str) -> list[ItemRecord]:
        with closing(open_library(self._location).reader()) as library, library.snapshot():
            return library.feeds.waiting_items(address)

    def _fail(self, problem: ReadingError) -> None:
        self.summary.failed += 1
        self._reporter.problem(problem)


def _chosen(followed: Sequence[FeedRecord], addresses: Sequence[str]) -> list[FeedRecord]:
    if not addresses:
        return [*followed]
    known = {record.address: record for record in followed}
    chosen = {}
    for address in addresses:
        place = str(parse_address(address))
        if place not in known:
            raise LibraryError(f"{place}: not followed; run: quoth feeds add {place}")
        chosen[place] = known[place]
    return [*chosen.values()]


def _item(feed: str, item: FeedItem) -> ItemRecord:
    return ItemRecord(
        feed=feed,
        guid=item.guid,
        address=str(item.url),
        canonical=canonical(item.url),
        title=item.title,
        date=item.date.isoformat() if item.date else None,
        wanted=item.digest,
    )


def _failed(record: FeedRecord, error: ReadingError, now: int) -> FeedRecord:
    """What is known of a feed that could not be read: the longer, the less often it is asked."""
    failures = record.failures + 1
    wait = min(_INTERVAL * 2 ** min(failures, 20), _LONGEST_BACKOFF)
    if isinstance(error, FetchError) and error.retry_after:
        wait = max(wait, int(error.retry_after) + 1)
    return replace(record, checked=now, due=now + wait, failures=failures, problem=error.problem)


def _is_due(due: int) -> bool:
    now = time.time()
    return not now < due <= now + _NEVER_AS_LONG


def _pending(location: Location) -> bool:
    with closing(open_library(location).reader()) as opened, opened.snapshot():
        return opened.pending() > 0
