"""Adds feeds to those that a library follows, and takes them out."""

import asyncio

from retrieval.errors import LibraryError
from retrieval.ingest.web.addresses import parse_address
from retrieval.ingest.web.charset import decode_page
from retrieval.ingest.web.feed_parser import Feed, parse_feed
from retrieval.ingest.web.fetcher import Fetched, Fetcher, Limits
from retrieval.library import open as open_library
from retrieval.library.feed_records import FeedRecord
from retrieval.library.location import Location
from retrieval.library.progress import Reporter


def follow(
    address: str, location: Location, *, allow_private: bool, limits: Limits | None = None
) -> FeedRecord:
    """Add a feed to those that a library follows, once it turns out to be one.

    Args:
        location: of the library; a folder is made where there is none.
        allow_private: whether it may be inside this machine or its network.

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
    with (
        open_library(location).session(None, Reporter()) as session,
        session.transaction() as change,
    ):
        if change.feeds.has(place):
            raise LibraryError(f"{place}: is followed already; run: quoth feeds sync")
        change.feeds.put(record)
    return record


def unfollow(address: str, location: Location, *, with_articles: bool) -> int:
    """Take a feed out of those that a library follows.

    Args:
        with_articles: remove the articles too that came from this feed and no other.

    Returns:
        How many articles came from it.

    Raises:
        LibraryError: the library does not follow it, or cannot be written.
    """
    library = open_library(location)
    library.reader().close()  # a library that is not there is not made here
    place = str(parse_address(address))
    with library.session(None, Reporter()) as session, session.transaction() as change:
        articles = change.feeds.only_articles_of(place)
        if not change.feeds.remove(place):
            raise LibraryError(f"{place}: not followed; quoth feeds list shows those that are")
        if with_articles:
            for article in articles:
                change.remove(article)
    return len(articles)


def read_feed(fetched: Fetched, place: str) -> Feed:
    """Read a feed that was fetched; ReadingError where it is none."""
    content = decode_page(fetched.body or b"", fetched.content_type, place)
    return parse_feed(content, fetched.url, place)
