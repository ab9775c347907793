"""Puts the article of a page into the library, once, however often its address changes."""

import dataclasses
from typing import Protocol

from retrieval.errors import ReadingError
from retrieval.ingest.web.page_parser import Page, fill_in
from retrieval.library.feed_records import ItemRecord
from retrieval.library.local import feeds
from retrieval.library.local.transaction import LocalTransaction
from retrieval.library.progress import Change


def keep_page(
    change: LocalTransaction, page: Page, place: str, item: ItemRecord | None = None
) -> Change | ReadingError:
    """Add or update the article of a page, and in the same commit what is known of its item.

    Args:
        change: the commit.
        page: the article.
        place: the address that was asked for, for the message.
        item: the item of a feed that led to it, or None.

    Returns:
        What became of the article; an error where its id is that of a file's article.
    """
    connection = change.connection
    article, address = page.article, page.address
    known = feeds.article_at(connection, address) or (item and item.article)
    if known:
        article = dataclasses.replace(article, id=known)
    elif same := feeds.same_words_at(connection, address, article.sha256):
        # The query is another, and the page is the same: it stays at the address that it has.
        known, address = same
        article = dataclasses.replace(article, id=known, url=address)
    owner = feeds.file_of(connection, article.id)
    if owner and not owner.startswith(("http://", "https://")):
        return ReadingError(
            place, f"{owner} has an article with the id {article.id} already; remove one of them"
        )
    if item is None:  # what a feed said of the page stays so
        title, date = feeds.said_of(connection, article.id)
        article = fill_in(article, place, title, date)
    else:
        taken = dataclasses.replace(item, taken=item.wanted, article=article.id, failures=0, due=0)
        feeds.put_item(connection, taken)
    return change.put(article, address)


class Counts(Protocol):
    """What is counted of articles."""

    added: int
    updated: int
    unchanged: int


def count(summary: Counts, outcome: Change | ReadingError) -> None:
    """Count what became of an article.

    Raises:
        ReadingError: what became of it is that.
    """
    if isinstance(outcome, ReadingError):
        raise outcome
    setattr(summary, outcome, getattr(summary, outcome) + 1)
