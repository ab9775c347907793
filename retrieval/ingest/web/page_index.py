"""Brings single pages into the library."""

import asyncio
from collections.abc import Sequence

from retrieval.errors import ReadingError
from retrieval.ingest.web.addresses import show_address
from retrieval.ingest.web.fetcher import Fetcher, Limits, at_once
from retrieval.ingest.web.page_parser import Page, read_page
from retrieval.ingest.web.page_storage import take_page
from retrieval.ingest.web.saver import Saver, encode_saved
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Encoder


def fetch_page(address: str, *, allow_private: bool, limits: Limits | None = None) -> Page:
    """Fetch one page and take the article out of it; nothing is put into any library.

    Args:
        allow_private: whether addresses inside this machine and its network may be asked.

    Raises:
        ReadingError: it cannot be fetched, or there is no article in it.
    """

    async def fetch() -> Page:
        async with Fetcher(limits or Limits(), allow_private=allow_private) as fetcher:
            return read_page(await fetcher.fetch(address), show_address(address))

    return asyncio.run(fetch())


def index_pages(
    addresses: Sequence[str],
    location: Location,
    encoder: Encoder,
    reporter: Reporter,
    *,
    allow_private: bool,
    limits: Limits | None = None,
) -> Summary:
    """Add the articles of pages to the library, or update them.

    Args:
        location: of the library; made where there is none, once there is an article for it.
        allow_private: whether addresses inside this machine and its network may be asked.

    Raises:
        LibraryError: the library cannot be written; what was committed until then is kept.
    """
    summary = Summary()
    reading = asyncio.Lock()
    saver = Saver(location, encoder)

    async def add(address: str, fetcher: Fetcher) -> None:
        try:
            summary.count(await take_page(address, fetcher, saver, reading))
        except ReadingError as error:
            summary.failed += 1
            reporter.problem(error)

    async def run() -> None:
        async with Fetcher(limits or Limits(), allow_private=allow_private) as fetcher:
            await at_once([add(address, fetcher) for address in dict.fromkeys(addresses)])

    asyncio.run(run())
    if summary.added or summary.updated or summary.unchanged:
        encode_saved(location, encoder, reporter)
    return summary
