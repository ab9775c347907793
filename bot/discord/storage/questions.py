"""What was asked, and where in the articles the answer stood: what the buttons under it go by.

The words of the articles are not kept, only where they are; what is shown later is read anew.
"""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discord.storage.database import Store
from retrieval.answering.answer import Answer, Quote
from retrieval.documents.article import Article, Span

KEY = r"[\w-]{11}"
"""What a key looks like."""

KEPT = 365 * 24 * 3600
"""Seconds for which a question is kept, and a vote on an answer."""

_TURNS = 5  # of a conversation: what was said before says little of what is asked now

_AT_ONCE = 20  # old questions that go with each new one, so that no answer waits for many

_SECONDS_TO_WAIT = 0.3  # for the store: everybody's questions wait as long


@dataclass(frozen=True, slots=True)
class Passage:
    """Where words stand.

    Attributes:
        article: their article's id.
        start: offset of the first character into the article's text.
        end: offset after the last.
        sha256: of that text.
    """

    article: str
    start: int
    end: int
    sha256: str

    def words_in(self, article: Article | None) -> str | None:
        """The words, read from the article as it is now; None where it is gone, or another text."""
        if article is None or article.sha256 != self.sha256:
            return None
        return article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Place(Passage):
    """Where a quote stands.

    Attributes:
        answer: the words that answer, if any are marked.
    """

    answer: Span | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked and what it got.

    Attributes:
        question: None where somebody's message was looked up.
        answered: False for "not found".
        confidence: how sure the answer was.
        places: the quotes, best first, and the passages that come next.
        follows: the key of the question that this one follows.
    """

    question: str | None
    answered: bool
    confidence: float
    places: tuple[Place, ...]
    follows: str | None

    @property
    def said(self) -> Passage | None:
        """The words that answered, or the quote where none are marked; None for "not found"."""
        if not (self.answered and self.places):
            return None
        first = self.places[0]
        words = first.answer or first
        return Passage(first.article, words.start, words.end, first.sha256)


class AskedQuestions:
    """The questions in the bot's store. Each call may wait for the disk: not in the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(
        self, answer: Answer, *, server: int | None, question: str | None, follows: str | None
    ) -> str:
        """Keep a question with its answer, and let go of some that are older than ``KEPT``.

        Returns:
            Its key.

        Raises:
            StoreError: it cannot be kept.
        """
        key = secrets.token_urlsafe(8)
        quotes = json.dumps([_row(place_of(quote)) for quote in (*answer.quotes, *answer.more)])
        now = int(time.time())
        with self._store.write(_SECONDS_TO_WAIT) as connection:
            connection.execute(
                "DELETE FROM asked WHERE key IN"
                " (SELECT key FROM asked WHERE at < ? ORDER BY at LIMIT ?)",
                (now - KEPT, _AT_ONCE),
            )
            connection.execute(
                "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    server,
                    question,
                    now,
                    answer.answered,
                    answer.confidence,
                    quotes,
                    follows,
                ),
            )
        return key

    def turn(self, key: str, server: int | None, seconds: float | None = None) -> Turn | None:
        """A question by its key, or None where it is not known, or is another server's.

        Args:
            key: of the question.
            server: where it is looked up; None for a direct message.
            seconds: how long to wait for the store at most, as ``Store.read`` takes it.

        Raises:
            StoreError: the store cannot be read.
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
        places = tuple(_place(each) for each in json.loads(quotes))
        return Turn(question, bool(answered), confidence, places, follows)

    def history(self, key: str | None, server: int | None) -> tuple[Turn, ...]:
        """The conversation up to a question, the oldest turn first; raises what ``turn`` does."""
        turns: list[Turn] = []
        while key is not None and len(turns) < _TURNS:
            turn = self.turn(key, server, _SECONDS_TO_WAIT)
            if turn is None:
                break
            turns.append(turn)
            key = turn.follows
        return tuple(reversed(turns))


def place_of(quote: Quote) -> Place:
    """Where a quote stands."""
    article = quote.article
    return Place(article.id, quote.start, quote.end, article.sha256, quote.answer)


def _row(place: Place) -> Sequence[str | int | None]:
    words = (place.answer.start, place.answer.end) if place.answer else (None, None)
    return [place.article, place.start, place.end, place.sha256, *words]


def _place(row: Sequence[str | int | None]) -> Place:
    article, start, end, sha256, first, last = row
    answer = Span(int(first), int(last)) if first is not None and last is not None else None
    return Place(str(article), int(start or 0), int(end or 0), str(sha256), answer)
