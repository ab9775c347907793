"""The article: one unit of ingestion, and the text that every quote is a slice of."""

import base64
import datetime
import hashlib
import re
import unicodedata
from dataclasses import dataclass

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of an article's text: ``text[start:end]``, never empty."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    r"""One article, as it was read.

    Attributes:
        id: what a person types to name it; unique in a library, one line, never empty.
        title: one line, never empty.
        date: the day it was published, or None when that is unknown.
        source: who published it, or None.
        url: where it can be read, or None.
        text: its words, to the character. Line ends are ``\n`` (see ``normalise_newlines``); the
            Unicode form is the author's. Offsets count its code points.
    """

    id: str
    title: str
    date: datetime.date | None
    source: str | None
    url: str | None
    text: str

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of the text in UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def id_key(article_id: str) -> str:
    """A short key of an article where its id does not fit: 11 letters, digits, ``-``, ``_``.

    It is the first 64 bits of the SHA-256 of the id, in URL-safe base64.
    """
    digest = hashlib.sha256(article_id.encode()).digest()
    return base64.urlsafe_b64encode(digest[:8]).decode().rstrip("=")


def normalise_newlines(text: str) -> str:
    r"""An article's text as it is stored: line ends become ``\n``, nothing else changes.

    Words, spaces and the Unicode form (composed or decomposed) stay the author's, so that a
    quote is what the file says; the word index folds both forms together by itself.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def single_line(value: str) -> str:
    """A title, an id or a source on one line: single spaces, no control characters."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in value)
    return _SPACE.sub(" ", visible).strip()


def parse_date(value: str) -> datetime.date:
    """Read an ISO date, ``YYYY-MM-DD``, with or without a time after it (which is dropped).

    Raises:
        ValueError: it is no date.
    """
    day = value.strip()
    if len(day) > 10 and day[10] in "Tt ":
        datetime.datetime.fromisoformat(day)
        day = day[:10]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise ValueError(f"not a date: {value!r}")
    return datetime.date.fromisoformat(day)
