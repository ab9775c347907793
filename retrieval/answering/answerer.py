"""Answers a question: finds, quotes, cites, and says how sure it is."""

import math
import time
from collections.abc import Sequence

from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.answering.candidates import RerankCandidate, deduplicated
from retrieval.answering.conversation import ExpandedQuery, QueryExpander, Turn
from retrieval.answering.question import is_question, validated_question
from retrieval.answering.ranking import coverage, evidence, order, probability
from retrieval.answering.recency import newest_first
from retrieval.documents.article import Article
from retrieval.library import open as open_library
from retrieval.library.filter import Filter
from retrieval.library.location import Location
from retrieval.models.encoder.base import Encoder, Vectors, l2_normalise
from retrieval.models.reader import Reader

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
        library: where it is.
        encoder: the one that made its vectors.
        reader: which reads what the search finds.
        min_confidence: below this an answer is "not found".

    Raises:
        LibraryError: the library cannot be opened, or another encoder made it.
    """

    def __init__(
        self, library: Location, encoder: Encoder, reader: Reader, min_confidence: float
    ) -> None:
        self._encoder = encoder
        self._reader = reader
        self._min_confidence = min_confidence
        self._library = open_library(library).searcher(encoder)
        self._expander = QueryExpander(self._library.analyzer)

    @property
    def notice(self) -> str | None:
        """What its library lacks, in a line for whoever opened it, or None."""
        return self._library.notice

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
        question = validated_question(question)
        began = time.perf_counter()
        self._library.follow()
        understood = self._expander.expand(question, history)
        vector = self._vector(understood)
        encoded = time.perf_counter()
        with self._library.snapshot() as state:
            candidates = self._library.search(
                question, vector, within or Filter(), understood.expansion_terms
            )
            searched = time.perf_counter()
            found = deduplicated(self._library, candidates, max(top, _READ))
            read = self._read(understood, found)
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
        self._library.follow()
        with self._library.snapshot():
            return self._library.article(article_id)

    def article_with(self, key: str) -> Article | None:
        """Read an article by the ``id_key`` of its id, or None where there is none of it."""
        self._library.follow()
        with self._library.snapshot():
            return self._library.article_with(key)

    def _vector(self, understood: ExpandedQuery) -> Vectors:
        """The question's vector, and what of those before it is in it."""
        vector = self._encoder.encode_query(understood.question)
        for text, weight in understood.context_texts:
            vector = vector + weight * self._encoder.encode_query(text)
        return l2_normalise(vector)

    def _read(
        self, understood: ExpandedQuery, found: Sequence[RerankCandidate]
    ) -> list[RerankCandidate]:
        """Have the reader read what was found; best first, what it had no time for at the end."""
        question = understood.question
        if is_question(question):
            passages = [(each.article.title, each.text) for each in found]
            deadline = time.perf_counter() + READING_SECONDS
            readings = self._reader.read(question, passages, deadline)
            for each, reading in zip(found, readings, strict=False):
                each.reading = reading
        for each in found:
            each.score = order(
                each.reading, each.candidate.score, leans=understood.context_dependent
            )
        return newest_first(question, sorted(found, key=lambda each: -each.score))

    def _quotes(
        self, question: str, found: Sequence[RerankCandidate], top: int, passages: int
    ) -> tuple[Quote, ...]:
        if not found:
            return ()
        sure = self._confidence(question, found, passages)
        best = found[0].score
        return tuple(
            each.quote(sure * math.exp(min(0.0, each.score - best))) for each in found[:top]
        )

    def _confidence(self, question: str, found: Sequence[RerankCandidate], passages: int) -> float:
        best = found[0]
        there = self._library.analyzer.unique_terms(f"{best.article.title} {best.text}")
        covered = coverage(self._library.weights(question), there)
        said = best.answer_key
        others = (each.score for each in found if each.answer_key != said)
        lead = best.score - max(others, default=-math.inf)
        seen = evidence(best.reading, lead, best.candidate.cosine, covered)
        return probability(seen, passages)


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
