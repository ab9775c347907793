"""The stored questions, with the locations of their quotes: what the buttons under an answer need.

No text of the articles is stored, only offsets; what is shown later is read from the articles.
"""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discord.storage.database import Store
from retrieval.answering.answer import Answer, Quote
from retrieval.documents.article import Article, Span

KEY_PATTERN = r"[\w-]{11}"
"""A regular expression for keys, and for ``id_key``, which looks the same."""

RETENTION = 365 * 24 * 3600
"""Seconds for which questions and votes are stored."""

_HISTORY_TURNS = 5  # earlier ones say little about the current question

_PURGE_BATCH = 20  # expired questions deleted with each new one: an answer waits for few

_LOCK_TIMEOUT = 0.3  # seconds: all questions wait as long


@dataclass(frozen=True, slots=True)
class QuotedPassage:
    """The location of text in an article: ``start`` and ``end`` are offsets, the end exclusive."""

    article: str
    start: int
    end: int
    sha256: str

    def text_in(self, article: Article | None) -> str | None:
        """The text, read from the current article; None where it is gone, or has changed."""
        if article is None or article.sha256 != self.sha256:
            return None
        return article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class QuoteLocation(QuotedPassage):
    """The location of a quote, and of the span in it that answers, if one is marked."""

    answer: Span | None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A stored question and its answer.

    Attributes:
        question: None where somebody's message was looked up.
        answered: False for "not found".
        confidence: of the answer, a probability.
        locations: of the quotes, best first, and of the passages that *More* shows.
        follows: the key of the question that this one follows.
    """

    question: str | None
    answered: bool
    confidence: float
    locations: tuple[QuoteLocation, ...]
    follows: str | None

    @property
    def answer_passage(self) -> QuotedPassage | None:
        """The marked answer, or the first quote where none is marked; None for "not found"."""
        if not (self.answered and self.locations):
            return None
        first = self.locations[0]
        span = first.answer or first
        return QuotedPassage(first.article, span.start, span.end, first.sha256)


class Questions:
    """The questions in the bot's database. Calls block on the disk: not in the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, answer: Answer, *, server: int | None, question: str | None, follows: str | None
    ) -> str:
        """Store a question, and delete some that are older than ``RETENTION``; returns its key.

        Raises:
            StoreError: the database cannot be written.
        """
        key = secrets.token_urlsafe(8)
        quotes = json.dumps(
            [_row(quote_location(quote)) for quote in (*answer.quotes, *answer.more)]
        )
        now = int(time.time())
        with self._store.write(_LOCK_TIMEOUT) as connection:
            connection.execute(
                "DELETE FROM asked WHERE key IN"
                " (SELECT key FROM asked WHERE at < ? ORDER BY at LIMIT ?)",
                (now - RETENTION, _PURGE_BATCH),
            )
            connection.execute(
                "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (key, server, question, now, answer.answered, answer.confidence, quotes, follows),
            )
        return key

    def turn(self, key: str, server: int | None, seconds: float | None = None) -> StoredTurn | None:
        """A question by its key, or None where there is none, or it is another server's.

        Args:
            server: the server's id; None for a direct message.
            seconds: the timeout, as ``Store.read`` takes it.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._store.read(seconds) as connection:
            row = connection.execute(
                "SELECT question, answered, confidence, quotes, follows FROM asked"
                " WHERE key = ? AND server IS ?",
                (key, server),
            ).fetchone()
        if row is None:
            return None
        question, answered, confidence, quotes, follows = row
        locations = tuple(_from_row(each) for each in json.loads(quotes))
        return StoredTurn(question, bool(answered), confidence, locations, follows)

    def history(self, key: str | None, server: int | None) -> tuple[StoredTurn, ...]:
        """The conversation up to a question, the oldest turn first; raises what ``turn`` does."""
        turns: list[StoredTurn] = []
        while key is not None and len(turns) < _HISTORY_TURNS:
            turn = self.turn(key, server, _LOCK_TIMEOUT)
            if turn is None:
                break
            turns.append(turn)
            key = turn.follows
        return tuple(reversed(turns))


def quote_location(quote: Quote) -> QuoteLocation:
    article = quote.article
    return QuoteLocation(article.id, quote.start, quote.end, article.sha256, quote.answer)


def _row(location: QuoteLocation) -> Sequence[str | int | None]:
    answer = (location.answer.start, location.answer.end) if location.answer else (None, None)
    return [location.article, location.start, location.end, location.sha256, *answer]


def _from_row(row: Sequence[str | int | None]) -> QuoteLocation:
    article, start, end, sha256, first, last = row
    answer = Span(int(first), int(last)) if first is not None and last is not None else None
    return QuoteLocation(str(article), int(start or 0), int(end or 0), str(sha256), answer)
