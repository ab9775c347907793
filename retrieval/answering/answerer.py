"""Answers a question: searches, reads, ranks, quotes, cites, and says how sure it is."""

import math
import time
from collections.abc import Sequence

from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.answering.candidates import RerankCandidate, query_vector, rerank_candidates
from retrieval.answering.conversation import QueryExpander, Turn
from retrieval.answering.question import validated_question
from retrieval.answering.ranking import (
    best_first,
    confidence,
    confidence_features,
    coverage,
    read_candidates,
)
from retrieval.documents.article import Article
from retrieval.library import open as open_library
from retrieval.library.filter import Filter
from retrieval.library.location import Location
from retrieval.models.encoder.base import Encoder
from retrieval.models.reader import Reader

DEFAULT_TOP = 3
"""Quotes in an answer."""

_MIN_SHARE = 0.005
"""Of the first quote's score: further behind, a quote beside a good answer only misleads."""

_MORE = 9
"""Quotes beyond those of an answer, for who asks to see more."""

READING_SECONDS = 0.2
"""The time that the reader has for the candidates; on a slow machine it reads fewer."""


class Answerer:
    """Answers questions about one library. Not for two threads at once.

    Args:
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
        query = self._expander.expand(question, history)
        vector = query_vector(self._encoder, query)
        encoded = time.perf_counter()
        with self._library.snapshot() as state:
            found = self._library.search(
                question, vector, within or Filter(), query.expansion_terms
            )
            searched = time.perf_counter()
            candidates = rerank_candidates(self._library, found, top)
            deadline = time.perf_counter() + READING_SECONDS
            read_candidates(query, candidates, self._reader, deadline)
            ranked = best_first(question, candidates)
            quotes = self._quotes(question, ranked, top + _MORE, state.passages)
        done = time.perf_counter()
        sure = quotes[0].score if quotes else 0.0
        least = self._min_confidence if min_confidence is None else min_confidence
        answered = bool(quotes) and sure >= least
        shown = quotes[:top]
        if answered:
            shown = tuple(quote for quote in shown if quote.score >= sure * _MIN_SHARE)
        return Answer(
            question=question,
            answered=answered,
            confidence=sure,
            quotes=shown,
            library=state,
            timings_ms=Timings(
                encode=_milliseconds(began, encoded),
                search=_milliseconds(encoded, searched),
                read=_milliseconds(searched, done),
                total=_milliseconds(began, done),
            ),
            more=tuple(quote for quote in quotes if quote not in shown),
            understood=query if history else None,
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

    def _quotes(
        self, question: str, ranked: Sequence[RerankCandidate], limit: int, passages: int
    ) -> tuple[Quote, ...]:
        """The first candidates as quotes; the score of the best is the confidence in the answer.

        Args:
            ranked: best first.
            passages: how many the library has.
        """
        if not ranked:
            return ()
        best = ranked[0]
        weights = self._library.weights(question)
        features = confidence_features(ranked, coverage(self._library.analyzer, weights, best))
        sure = confidence(features, passages)
        return tuple(
            each.quote(sure * math.exp(min(0.0, each.score - best.score)))
            for each in ranked[:limit]
        )


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
