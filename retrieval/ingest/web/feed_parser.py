"""Reads RSS and Atom: a feed's title and its items."""

import datetime
import hashlib
import html
import io
import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from yarl import URL

from retrieval.documents.article import single_line
from retrieval.documents.formats.article_fields import MAX_LINE
from retrieval.errors import FetchError, ReadingError
from retrieval.ingest.web.addresses import canonical, parse_address
from retrieval.ingest.web.charset import first_tag

_MOST_ITEMS = 1_000
_MOST_TAGS = 400_000
_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml[^>]{0,500}>")
_LONGEST_GUID = 1_000


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item of a feed.

    Attributes:
        guid: what the feed knows it by, the same however its address changes.
        digest: of what the feed says of it: another once it was updated.
    """

    guid: str
    url: URL
    title: str | None
    date: datetime.date | None
    digest: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it is now.

    Attributes:
        items: the newest first, each page once.
        problems: what is wrong with it, in words; the items are good nevertheless.
    """

    title: str | None
    items: list[FeedItem]
    problems: list[str]


def parse_feed(content: str, url: URL, place: str) -> Feed:
    """Read a feed. Nothing is fetched.

    Args:
        url: where it was, which its links may be relative to.
        place: its address, for the message.

    Raises:
        ReadingError: it is no feed, or one that would grow without end.
    """
    # Imported here because only feeds need it.
    import feedparser

    content = content.lstrip()
    if first_tag(content).startswith(("<!doctype html", "<html")):
        raise ReadingError(place, "a web page, not a feed; name the address of its RSS or Atom")
    if _ENTITY.search(content):  # of which a few lines can be made into gigabytes
        raise ReadingError(place, "declares XML entities, which no feed needs; it is not read")
    if content.count("<") > _MOST_TAGS:  # it would take minutes
        raise ReadingError(place, f"has more than {_MOST_TAGS:,} tags, which no feed needs")
    if declaration := _DECLARATION.match(content):
        content = content[declaration.end() :]
    try:
        # As UTF-8 whatever it was, so that nothing that was looked for above is hidden.
        parsed = feedparser.parse(
            io.BytesIO(content.encode(errors="replace")),
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": str(url),
            },
            resolve_relative_uris=False,
            sanitize_html=False,  # nothing of it is shown
        )
    except Exception as error:  # feeds can be broken in more ways than a library foresees
        raise ReadingError(place, f"not a feed ({type(error).__name__})") from error
    if not parsed.get("version"):
        raise ReadingError(place, "not a feed of RSS or Atom")
    if parsed.bozo and not parsed.entries:
        raise ReadingError(place, "broken XML, and no item in it can be read")
    entries = sorted(parsed.entries, key=_when, reverse=True)
    items, without_address = _items(entries[:_MOST_ITEMS])
    problems = []
    if len(entries) > _MOST_ITEMS:
        problems.append(f"has {len(entries):,} items; the newest {_MOST_ITEMS:,} are taken")
    if without_address:
        problems.append(f"items without an address of http:// or https://: {without_address}")
    return Feed(_line(parsed.feed.get("title")), items, problems)


def _items(entries: list[Any]) -> tuple[list[FeedItem], int]:
    """Make items of what feedparser found; and how many have no address."""
    found: list[FeedItem] = []
    without_address = 0
    for entry in entries:
        try:
            url = parse_address(str(entry.get("link") or ""))
        except FetchError:
            without_address += 1
            continue
        found.append(
            FeedItem(
                guid=_guid(entry, url),
                url=url,
                title=_line(entry.get("title")),
                date=_date(entry),
                digest=_digest(entry, url),
            )
        )
    # Some feeds give all their items one guid, which then tells nothing.
    pages = {(item.guid, canonical(item.url)) for item in found}
    used = Counter(guid for guid, _ in pages)
    items: dict[str, FeedItem] = {}
    for item in found:
        guid = item.guid if used[item.guid] == 1 else canonical(item.url)
        items.setdefault(guid, FeedItem(guid, item.url, item.title, item.date, item.digest))
    return [*items.values()], without_address


def _guid(entry: Any, url: URL) -> str:
    """What the feed knows an item by; a guid that is an address changes as addresses do."""
    guid = str(entry.get("id") or "").strip()
    try:
        return canonical(parse_address(guid)) if guid else canonical(url)
    except FetchError:
        if len(guid) <= _LONGEST_GUID:
            return guid
        return hashlib.sha256(guid.encode(errors="replace")).hexdigest()


def _digest(entry: Any, url: URL) -> str:
    """Of what changes when an item is updated: its times, its page and its words.

    Not of the tags between them, nor of the query of the address, which change all the time.
    """
    times = [dict.get(entry, key) for key in ("published", "updated")]
    contents = [content.get("value") for content in entry.get("content") or []]
    words = [entry.get("title"), entry.get("summary"), *contents]
    said = [*times, canonical(url).partition("?")[0]]
    said += [" ".join(_TAG.sub(" ", str(text)).split()) for text in words if text]
    return hashlib.sha256("\0".join(map(str, said)).encode(errors="replace")).hexdigest()[:32]


def _when(entry: Any) -> time.struct_time:
    """When an item was published or, failing that, updated; those that don't say come last."""
    for key in ("published_parsed", "updated_parsed"):
        if when := dict.get(entry, key):  # its own get would give one for the other
            return time.struct_time(when)
    return time.struct_time((1, 1, 1, 0, 0, 0, 0, 1, 0))


def _date(entry: Any) -> datetime.date | None:
    when = _when(entry)
    try:
        return datetime.date(*when[:3]) if when[0] > 1 else None
    except ValueError:
        return None


def _line(value: object) -> str | None:
    """A title as plain words on one line, or None."""
    if not value:
        return None
    words = html.unescape(_TAG.sub(" ", str(value)[: MAX_LINE * 10]))
    words = words.encode(errors="replace").decode()
    return single_line(words)[:MAX_LINE] or None
