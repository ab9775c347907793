"""Answers a question: finds, quotes, cites, and says how sure it is."""

import math
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from retrieval.answer import Answer, Quote, Timings
from retrieval.confidence import Evidence, coverage, probability
from retrieval.encoding.encoder import Encoder
from retrieval.errors import MismatchError, QuestionError
from retrieval.library.folder import current_edition
from retrieval.library.reader import Library
from retrieval.library.schema import ENCODER_FACT
from retrieval.library.writer import check_encoder
from retrieval.search.filter import Filter
from retrieval.search.hybrid import Candidate, Searcher

MAX_QUESTION = 2_000
"""Characters in a question: what a person can send in one Discord message."""

DEFAULT_TOP = 3
"""Quotes in an answer."""

_WORTH_SHOWING = 0.005
"""Of the first quote's score: further behind, a quote beside a good answer only misleads."""

_PER_QUOTE = 8  # candidates read at once for each quote, since many may carry the same words


class Answerer:
    """Answers questions about one library. Not for two threads at once.

    Args:
        library: its folder.
        encoder: the one that made its vectors.
        min_confidence: below this an answer is "not found".

    Raises:
        LibraryError: the library cannot be opened, or another encoder made it.
    """

    def __init__(self, library: Path, encoder: Encoder, min_confidence: float) -> None:
        self._encoder = encoder
        self._min_confidence = min_confidence
        self._library = _open(library, encoder)
        self._opened = _identity(self._library)
        self._searcher = Searcher(self._library, encoder.dimension)

    def close(self) -> None:
        """Let go of the library."""
        self._library.close()

    def ask(self, question: str, top: int = DEFAULT_TOP, within: Filter | None = None) -> Answer:
        """Answer a question from the articles.

        Args:
            question: as a person typed it.
            top: how many quotes at most, at least 1.
            within: which articles; by default all.

        Raises:
            QuestionError: there is nothing in it to look for, or it is too long.
            LibraryError: the library cannot be read.
        """
        question = clean_question(question)
        began = time.perf_counter()
        self._follow()
        vector = self._encoder.encode_query(question)
        encoded = time.perf_counter()
        with self._library.snapshot() as state:
            self._searcher.catch_up()
            candidates = self._searcher.search(question, vector, within or Filter())
            searched = time.perf_counter()
            quotes = self._quotes(question, candidates, top)
        done = time.perf_counter()
        confidence = quotes[0].score if quotes else 0.0
        answered = bool(quotes) and confidence >= self._min_confidence
        if answered:
            quotes = tuple(quote for quote in quotes if quote.score >= confidence * _WORTH_SHOWING)
        return Answer(
            question=question,
            answered=answered,
            confidence=confidence,
            quotes=quotes,
            library=state,
            timings_ms=Timings(
                encode=_milliseconds(began, encoded),
                search=_milliseconds(encoded, searched),
                read=_milliseconds(searched, done),
                total=_milliseconds(began, done),
            ),
        )

    def _follow(self) -> None:
        """Go over to the library that is there now, where it was rebuilt or made anew.

        Raises:
            MismatchError: another encoder made it than the one that this process has loaded.
        """
        there = _identity(self._library)
        if there == self._opened:
            return
        library = _open(self._library.path, self._encoder)
        self._library.close()
        self._library, self._opened = library, there
        self._searcher = Searcher(library, self._encoder.dimension)

    def _quotes(
        self, question: str, candidates: Sequence[Candidate], top: int
    ) -> tuple[Quote, ...]:
        """The best candidates as quotes, those that say the same put together."""
        quotes: dict[str, Quote] = {}
        step = top * _PER_QUOTE
        for start in range(0, len(candidates), step):
            if len(quotes) == top:
                break
            self._add_quotes(quotes, candidates[start : start + step], top)
        if not quotes:
            return ()
        sure = self._confidence(question, candidates[0], next(iter(quotes.values())))
        best = candidates[0].score
        return tuple(
            replace(quote, score=sure * math.exp(quote.score - best)) for quote in quotes.values()
        )

    def _add_quotes(
        self, quotes: dict[str, Quote], candidates: Sequence[Candidate], top: int
    ) -> None:
        """Add candidates to the quotes, which are by what they say, until there are enough."""
        articles = self._library.articles_by_number(c.passage.article for c in candidates)
        for candidate in candidates:
            row = candidate.passage
            article = articles[row.article]
            said = _said(article.text[row.start : row.end])
            if earlier := quotes.get(said):
                quotes[said] = _also_in(earlier, article.id)
            elif len(quotes) < top:
                quotes[said] = Quote(article, row.start, row.end, row.paragraph, candidate.score)

    def _confidence(self, question: str, candidate: Candidate, quote: Quote) -> float:
        words = self._searcher.words
        there = words.terms.of(f"{quote.article.title} {quote.text}")
        covered = coverage(words.weights(question), there)
        return probability(Evidence(cosine=candidate.cosine, coverage=covered))


def _identity(library: Library) -> tuple[Path, int, int]:
    """What tells a library from another in its place: the edition, and the very file."""
    edition = current_edition(library.path)
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


def clean_question(question: str) -> str:
    """A question without the space around it.

    Raises:
        QuestionError: there is nothing in it to look for, or it is too long.
    """
    question = question.strip()
    if not question:
        raise QuestionError("The question is empty; ask about something in the articles.")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"The question is {len(question):,} characters long;"
            f" at most {MAX_QUESTION:,} can be asked."
        )
    if any(unicodedata.category(c) == "Cs" for c in question):
        raise QuestionError("The question has half a character in it; write it whole, in UTF-8.")
    if not any(unicodedata.category(c)[0] in "LN" for c in question):
        raise QuestionError("The question has no word in it; ask about something in the articles.")
    return question


def _said(words: str) -> str:
    """What two quotes have in common that say the same: case and spaces apart."""
    return " ".join(words.casefold().split())


def _also_in(quote: Quote, article_id: str) -> Quote:
    if article_id == quote.article.id or article_id in quote.also_in:
        return quote
    return replace(quote, also_in=(*quote.also_in, article_id))


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
