"""Answers a question: finds, quotes, cites, and says how sure it is."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

from retrieval.answer import Answer, Quote, Timings
from retrieval.article import Article, id_key
from retrieval.conversation import Conversations, Turn, Understanding
from retrieval.encoding.encoder import Encoder, Vectors, unit
from retrieval.errors import MismatchError
from retrieval.judging import coverage, evidence, order, probability
from retrieval.library.folder import current_edition
from retrieval.library.reader import Library
from retrieval.library.schema import ENCODER_FACT
from retrieval.library.writer import check_encoder
from retrieval.question import asks, clean_question
from retrieval.quoting import Finding, findings
from retrieval.reader import Reader
from retrieval.recency import newest_first
from retrieval.search.filter import Filter
from retrieval.search.hybrid import Searcher

DEFAULT_TOP = 3
"""Quotes in an answer."""

_WORTH_SHOWING = 0.005
"""Of the first quote's score: further behind, a quote beside a good answer only misleads."""

_MORE = 9
"""Quotes beyond those of an answer, for who asks to see more."""

_READ = 40
"""Passages that the reader reads, of those that say different things."""

READING_SECONDS = 0.2
"""The time that it has for them; on a slow machine it reads fewer."""


class Answerer:
    """Answers questions about one library. Not for two threads at once.

    Args:
        library: its folder.
        encoder: the one that made its vectors.
        reader: which reads what the search finds.
        min_confidence: below this an answer is "not found".

    Raises:
        LibraryError: the library cannot be opened, or another encoder made it.
    """

    def __init__(
        self, library: Path, encoder: Encoder, reader: Reader, min_confidence: float
    ) -> None:
        self._encoder = encoder
        self._reader = reader
        self._min_confidence = min_confidence
        # Before it is opened: what takes its place meanwhile is then another.
        self._opened = _identity(library)
        self._library = _open(library, encoder)
        self._searcher = Searcher(self._library, encoder.dimension)
        self._conversations = Conversations(self._searcher.words.terms)

    def close(self) -> None:
        """Let go of the library."""
        self._library.close()

    def ask(
        self,
        question: str,
        top: int = DEFAULT_TOP,
        within: Filter | None = None,
        min_confidence: float | None = None,
        history: Sequence[Turn] = (),
    ) -> Answer:
        """Answer a question from the articles.

        Args:
            question: as a person typed it.
            top: how many quotes at most, at least 1.
            within: which articles; by default all.
            min_confidence: below this it is "not found"; by default as it was opened with.
            history: the turns before it, the oldest first.

        Raises:
            QuestionError: there is nothing in it to look for, or it is too long.
            LibraryError: the library cannot be read.
        """
        question = clean_question(question)
        began = time.perf_counter()
        self._follow()
        understood = self._conversations.understand(question, history)
        vector = self._vector(understood)
        encoded = time.perf_counter()
        with self._library.snapshot() as state:
            self._searcher.catch_up()
            candidates = self._searcher.search(
                question, vector, within or Filter(), understood.words
            )
            searched = time.perf_counter()
            found = findings(self._library, candidates, max(top, _READ))
            read = self._read(understood.reading, found)
            quotes = self._quotes(question, read, top + _MORE, state.passages)
        done = time.perf_counter()
        confidence = quotes[0].score if quotes else 0.0
        least = self._min_confidence if min_confidence is None else min_confidence
        answered = bool(quotes) and confidence >= least
        shown = quotes[:top]
        if answered:
            shown = tuple(quote for quote in shown if quote.score >= confidence * _WORTH_SHOWING)
        return Answer(
            question=question,
            answered=answered,
            confidence=confidence,
            quotes=shown,
            library=state,
            timings_ms=Timings(
                encode=_milliseconds(began, encoded),
                search=_milliseconds(encoded, searched),
                read=_milliseconds(searched, done),
                total=_milliseconds(began, done),
            ),
            more=tuple(quote for quote in quotes if quote not in shown),
            understood=understood if history else None,
        )

    def article(self, article_id: str) -> Article | None:
        """Read an article as it is now, or None where there is none of that id.

        Raises:
            LibraryError: the library cannot be read.
        """
        self._follow()
        with self._library.snapshot():
            return self._library.article(article_id)

    def article_with(self, key: str) -> Article | None:
        """Read an article by the ``id_key`` of its id; it looks through all ids."""
        self._follow()
        with self._library.snapshot():
            for article_id in self._library.article_ids():
                if id_key(article_id) == key:
                    return self._library.article(article_id)
        return None

    def _vector(self, understood: Understanding) -> Vectors:
        """The question's vector, and what of those before it is in it."""
        vector = self._encoder.encode_query(understood.question)
        for text, weight in understood.texts:
            vector = vector + weight * self._encoder.encode_query(text)
        return unit(vector)

    def _follow(self) -> None:
        """Go over to the library that is there now, where it was rebuilt or made anew.

        Raises:
            MismatchError: another encoder made it than the one that this process has loaded.
        """
        there = _identity(self._library.path)
        if there == self._opened:
            return
        library = _open(self._library.path, self._encoder)
        self._library.close()
        self._library, self._opened = library, there
        self._searcher = Searcher(library, self._encoder.dimension)

    def _read(self, question: str, found: Sequence[Finding]) -> list[Finding]:
        """Have the reader read what was found; best first, what it had no time for at the end."""
        if asks(question):
            passages = [(each.article.title, each.words) for each in found]
            deadline = time.perf_counter() + READING_SECONDS
            readings = self._reader.read(question, passages, deadline)
            for each, reading in zip(found, readings, strict=False):
                each.reading = reading
        for each in found:
            each.score = order(each.reading, each.candidate.score)
        return newest_first(question, sorted(found, key=lambda each: -each.score))

    def _quotes(
        self, question: str, found: Sequence[Finding], top: int, passages: int
    ) -> tuple[Quote, ...]:
        if not found:
            return ()
        sure = self._confidence(question, found, passages)
        best = found[0].score
        return tuple(
            each.quote(sure * math.exp(min(0.0, each.score - best))) for each in found[:top]
        )

    def _confidence(self, question: str, found: Sequence[Finding], passages: int) -> float:
        best = found[0]
        words = self._searcher.words
        there = words.terms.of(f"{best.article.title} {best.words}")
        covered = coverage(words.weights(question), there)
        said = best.said
        others = (each.score for each in found if each.said != said)
        lead = best.score - max(others, default=-math.inf)
        seen = evidence(best.reading, lead, best.candidate.cosine, covered)
        return probability(seen, passages)


def _identity(library: Path) -> tuple[Path, int, int]:
    """What tells a library from another in its place: the edition, and the very file."""
    edition = current_edition(library)
    try:
        stat = edition.truth.stat()
    except FileNotFoundError:
        return edition.folder, 0, 0
    return edition.folder, stat.st_dev, stat.st_ino


def _open(path: Path, encoder: Encoder) -> Library:
    """Open a library whose vectors this encoder made."""
    library = Library(path)
    with library.snapshot():
        made_by = library.fact(ENCODER_FACT)
    if made_by is not None:
        try:
            check_encoder(path, str(made_by), encoder.identity)
        except MismatchError:
            library.close()
            raise
    return library


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
