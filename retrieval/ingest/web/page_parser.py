"""Makes an article of a web page, known by the page's address."""

import dataclasses
import re
from dataclasses import dataclass

from yarl import URL

from retrieval.documents.article import Article, parse_date, single_line
from retrieval.documents.formats.article_fields import Origin, safe_url
from retrieval.documents.formats.html import parse_html
from retrieval.errors import FetchError, ReadingError
from retrieval.ingest.web.addresses import article_id, canonical, parse_address
from retrieval.ingest.web.charset import decode_page, first_tag
from retrieval.ingest.web.fetcher import Fetched

_OTHER_KIND = re.compile(r"(image|audio|video|font)/|application/(pdf|zip|json|octet-stream)")
_PARAGRAPH = 40  # characters: where no line is as long, all that was found is a menu


@dataclass(frozen=True, slots=True)
class Page:
    """An article, and where it is.

    Attributes:
        address: the canonical one of its page.
        article: with an id made of that address.
    """

    address: str
    article: Article


def read_page(
    fetched: Fetched, place: str, title: str | None = None, date: str | None = None
) -> Page:
    """Take the article out of a page.

    Args:
        place: the address that was asked for, for the message.
        title: what a feed calls it, for a page that has no title of its own.
        date: the day that a feed gives, YYYY-MM-DD, for a page that states none.

    Raises:
        ReadingError: there is no article in it.
    """
    kind = fetched.content_type.strip().lower()
    if _OTHER_KIND.match(kind):
        raise ReadingError(place, f"not a web page but {single_line(kind)[:60]}")
    content = decode_page(fetched.body or b"", fetched.content_type, place)
    if not content.strip():
        raise ReadingError(place, "empty")
    if first_tag(content).startswith(("<rss", "<feed", "<rdf:rdf")):
        raise ReadingError(place, "a feed, not a page; follow it with: quoth feeds add ADDRESS")
    read = parse_html(content, Origin(place, id="page", name=place))
    if max(map(len, read.text.splitlines())) < _PARAGRAPH:
        raise ReadingError(place, "no article found in the page")
    address = _address(fetched.url, read.url)
    host = fetched.url.raw_host or ""
    source = read.source or host.removeprefix("www.")
    article = dataclasses.replace(
        read, id=article_id(address), source=source or None, url=safe_url(address)
    )
    return Page(address, fill_in(article, place, title, date))


def fill_in(article: Article, place: str, title: str | None, date: str | None) -> Article:
    """Give an article the title and the date of a feed, where its page states none.

    Args:
        article: with ``place`` for a title where the page has none.
        place: the address that was asked for.
        title: what a feed calls it, or None.
        date: the day that a feed gives, YYYY-MM-DD, or None.
    """
    if title and article.title == single_line(place):
        article = dataclasses.replace(article, title=title)
    if date and article.date is None:
        article = dataclasses.replace(article, date=parse_date(date))
    return article


def _address(url: URL, stated: str | None) -> str:
    """The canonical address: the one that the page states, where it is one of the same host."""
    if stated:
        try:
            other = parse_address(stated)
        except FetchError:
            other = url
        # A page may not pass itself off as another host's, nor as the whole of its own.
        if other.raw_host == url.raw_host and (other.raw_path != "/" or url.raw_path == "/"):
            return canonical(other)
    return canonical(url)
