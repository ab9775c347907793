"""Adds feeds to those that a library follows, and takes them out."""

import asyncio
from pathlib import Path

from retrieval.errors import LibraryError
from retrieval.ingest.web.addresses import parse_address
from retrieval.ingest.web.charset import decode_page
from retrieval.ingest.web.feed_parser import Feed, parse_feed
from retrieval.ingest.web.fetcher import Fetched, Fetcher, Limits
from retrieval.library.feed_records import FeedRecord
from retrieval.library.local import feeds
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter


def follow(
    address: str, library: Path, *, allow_private: bool, limits: Limits | None = None
) -> FeedRecord:
    """Add a feed to those that a library follows, once it turns out to be one.

    Args:
        address: of the feed.
        library: its folder; made where there is none.
        allow_private: whether it may be inside this machine or its network.
        limits: what the fetch may take.

    Returns:
        What is known of it. Its articles come with ``sync``.

    Raises:
        ReadingError: it cannot be fetched, or is no feed; the library is as it was.
        LibraryError: it is followed already, or the library cannot be written.
    """
    place = str(parse_address(address))

    async def look() -> Feed:
        async with Fetcher(limits or Limits(), allow_private=allow_private) as fetcher:
            return read_feed(await fetcher.fetch(place), place)

    record = FeedRecord(place, asyncio.run(look()).title)
    with LocalWriter(library) as writer, writer.commit() as change:
        if feeds.has_feed(change.connection, place):
            raise LibraryError(f"{place}: is followed already; run: quoth feeds sync")
        feeds.put_feed(change.connection, record)
    return record


def unfollow(address: str, library: Path, *, with_articles: bool) -> int:
    """Take a feed out of those that a library follows.

    Args:
        address: of the feed.
        library: its folder.
        with_articles: remove the articles too that came from this feed and no other.

    Returns:
        How many articles came from it.

    Raises:
        LibraryError: the library does not follow it, or cannot be written.
    """
    LocalReader(library).close()  # a library that is not there is not made here
    place = str(parse_address(address))
    with LocalWriter(library) as writer, writer.commit() as change:
        articles = feeds.articles_of(change.connection, place)
        if not feeds.remove_feed(change.connection, place):
            raise LibraryError(f"{place}: not followed; quoth feeds list shows those that are")
        if with_articles:
            for article in articles:
                change.remove(article)
            change.sweep()
    return len(articles)


def read_feed(fetched: Fetched, place: str) -> Feed:
    """Read a feed that was fetched.

    Raises:
        ReadingError: it is none.
    """
    content = decode_page(fetched.body or b"", fetched.content_type, place)
    return parse_feed(content, fetched.url, place)
