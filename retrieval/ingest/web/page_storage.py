"""Puts the article of a page into the library, once, however often its address changes."""

import asyncio
import dataclasses

from retrieval.errors import ReadingError
from retrieval.ingest.web.addresses import show_address
from retrieval.ingest.web.fetcher import Fetcher
from retrieval.ingest.web.page_parser import Page, fill_in, read_page
from retrieval.ingest.web.saver import Saver
from retrieval.library.feed_records import ItemRecord
from retrieval.library.progress import Change
from retrieval.library.writing import Transaction


async def take_page(
    address: str,
    fetcher: Fetcher,
    saver: Saver,
    reading: asyncio.Lock,
    item: ItemRecord | None = None,
) -> Change:
    """Fetch a page and put its article into the library.

    Args:
        reading: held while it is read: what reads pages was not made for threads.
        item: of a feed that led to it, or None.

    Raises:
        ReadingError: it cannot be fetched or read, or its id is that of a file's article.
        LibraryError: the library cannot be written.
    """
    place = show_address(address)
    fetched = await fetcher.fetch(address)
    title, date = (item.title, item.date) if item else (None, None)
    async with reading:
        page = await asyncio.to_thread(read_page, fetched, place, title, date)
    outcome = await saver.save(lambda change: store_page(change, page, place, item))
    if isinstance(outcome, ReadingError):
        raise outcome
    return outcome


def store_page(
    change: Transaction, page: Page, place: str, item: ItemRecord | None = None
) -> Change | ReadingError:
    """Add or update the article of a page, and in the same commit what is known of its item.

    Args:
        place: the address that was asked for, for the message.
        item: the item of a feed that led to it, or None.

    Returns:
        What became of the article; an error where its id is that of a file's article.
    """
    article, address = page.article, page.address
    known = change.article_at(address) or (item and item.article)
    if known:
        article = dataclasses.replace(article, id=known)
    elif same := change.same_words_at(address, article.sha256):
        # The query is another, and the page is the same: it stays at the address that it has.
        known, address = same
        article = dataclasses.replace(article, id=known, url=address)
    head = change.head(article.id)
    owner = head.file if head else None
    if owner and not owner.startswith(("http://", "https://")):
        return ReadingError(
            place, f"{owner} has an article with the id {article.id} already; remove one of them"
        )
    if item is None:  # what a feed said of the page stays so
        title, date = change.feeds.said_of(article.id)
        article = fill_in(article, place, title, date)
    else:
        taken = dataclasses.replace(item, taken=item.wanted, article=article.id, failures=0, due=0)
        change.feeds.put_item(taken)
    return change.put(article, address)
