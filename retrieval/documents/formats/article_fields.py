"""The fields that a parser finds of an article, validated and made an ``Article``.

Every format ends here, so that the same title, date or link is accepted or refused alike.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.documents.article import Article, normalise_newlines, parse_date, single_line
from retrieval.errors import ReadingError

MAX_ID = 200
MAX_LINE = 1_000  # a title or a source: more is some text that lost its line ends
MAX_URL = 2_000

# A link is shown as one, in Discord too: no white space, control or invisible characters, and
# none of those that no URL may contain and that could end the link early.
_URL = re.compile(r"https?://[^\s/?#<>\"`\\][^\s<>\"`\\]*", re.IGNORECASE)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list"}


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that an article comes from.

    Attributes:
        place: its path, printable on one line, as messages name it.
        id: the id of an article that has none of its own: the path below the root that was
            given, without the suffix.
        name: the file's name without the suffix.
    """

    place: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ArticleFields:
    """What a file says of one article, unchecked; None where it says nothing.

    Attributes:
        id: its name.
        title: its title.
        date: the day it was published, as it is written there.
        source: who published it.
        url: where it can be read.
        text: its words.
    """

    id: str | None = None
    title: str | None = None
    date: str | None = None
    source: str | None = None
    url: str | None = None
    text: str | None = None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object], place: str) -> "ArticleFields":
        """Take the keys that an article has; others are ignored, blank ones are None.

        Raises:
            ReadingError: a value is no string.
        """
        return cls(**{key: _string(key, mapping.get(key), place) for key in cls.__slots__})


def make_article(fields: ArticleFields, place: str) -> Article:
    """Check what a file says and make an article of it.

    Args:
        fields: with an id, a title and a text; the caller has found some for what was missing.
        place: where it is, for the message.

    Raises:
        ReadingError: one of them cannot be used.
    """
    for key in reversed(
        ArticleFields.__slots__
    ):  # the text first: a title may have been made of it
        if broken := _SURROGATE.search(getattr(fields, key) or ""):
            code = f"\\u{ord(broken[0]):04x}"
            raise ReadingError(place, f"'{key}' has half a character ({code}); write it whole")
    text = normalise_newlines(fields.text or "")
    if "\0" in text:
        raise ReadingError(place, "looks like a binary file, not text")
    if not text.strip():
        raise ReadingError(place, "has no text")
    identifier = _line("id", fields.id, MAX_ID, place)
    title = _line("title", fields.title, MAX_LINE, place)
    source = _line("source", fields.source, MAX_LINE, place)
    if not identifier or not title:
        raise ReadingError(place, f"has no {'title' if identifier else 'id'}; give it one")
    return Article(
        id=identifier,
        title=title,
        date=_date(fields.date, place),
        source=source or None,
        url=safe_url(fields.url),
        text=text,
    )


def safe_url(value: str | None) -> str | None:
    """A link that is safe to show as one: http or https, no white space, not too long.

    Returns:
        The link without the space around it, or None where it is none.
    """
    url = (value or "").strip()
    shown = len(url) <= MAX_URL and url.isprintable() and _URL.fullmatch(url)
    return url if shown else None


def strip_blank_lines(text: str) -> str:
    """Remove the blank lines before and after a text, and not one character more."""
    # Searched by hand: a regular expression takes quadratic time on long runs of blank lines.
    words_start = len(text) - len(text.lstrip())
    words_end = len(text.rstrip())
    if words_end == 0:
        return ""
    start = text.rfind("\n", 0, words_start) + 1
    end = text.find("\n", words_end)
    return text[start:] if end == -1 else text[start:end]


def _string(key: str, value: object, place: str) -> str | None:
    """A value that is to be a string; None for a blank one. Raises ReadingError for others."""
    if value is None:
        return None
    if not isinstance(value, str):
        kind = _KINDS.get(type(value), "an object")
        raise ReadingError(place, f"'{key}' should be a string, not {kind}")
    return value if value.strip() else None


def _line(key: str, value: str | None, limit: int, place: str) -> str:
    """A value that is shown on one line. Raises ReadingError where it is too long for that."""
    # Measured before it is cleaned, which takes seconds on megabytes.
    length = len((value or "").strip())
    if length > limit:
        raise ReadingError(place, f"'{key}' has {length:,} characters; at most {limit:,}")
    return single_line(value or "")


def _date(value: str | None, place: str) -> datetime.date | None:
    """The date, or None without one. Raises ReadingError for what is no date."""
    if value is None or not value.strip():
        return None
    try:
        return parse_date(value)
    except ValueError:
        raise ReadingError(place, f"not a date: {value[:40]!r}; write YYYY-MM-DD") from None
