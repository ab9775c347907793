"""Candidates for the reader: what the search found, deduplicated, and the quote of each.

The search gives ``Candidate``s, ``rerank_candidates`` those of them that the reader reads, and
``retrieval/answering/ranking.py`` their order.
"""

import datetime
import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from retrieval.answering.answer import Quote
from retrieval.answering.conversation import ExpandedQuery
from retrieval.documents.article import Article, Span
from retrieval.library.base import ArticlesByNumber
from retrieval.library.fusion import Candidate
from retrieval.models.encoder.base import Encoder, Vectors, l2_normalise
from retrieval.models.reader import UNREAD, ReaderOutput

RERANK_DEPTH = 40
"""Candidates that the reader reads, deduplicated."""

_OVERFETCH = 1.5  # candidates whose articles are read for each wanted: some are duplicates


class RankedCandidate(Protocol):
    """What ranking looks at of a candidate, be it found just now or stored for training."""

    @property
    def reading(self) -> ReaderOutput:
        """The reader's output; ``UNREAD`` where it did not read it."""

    @property
    def score(self) -> float:
        """Its ``rank_score``."""

    @property
    def cosine(self) -> float | None:
        """Similarity of its vector and the question's; None while it waits for its vector."""

    @property
    def answer_key(self) -> Hashable:
        """The same for candidates with the same answer."""

    @property
    def date(self) -> datetime.date | None: ...


@dataclass(slots=True, eq=False)
class RerankCandidate:
    """A deduplicated candidate, on its way from the search through the reader to a quote.

    Attributes:
        candidate: the search's: the best of those with these words.
        also_in: ids of other articles with the same words.
        score: its ``rank_score``, comparable within one question.
    """

    candidate: Candidate
    article: Article
    also_in: list[str] = field(default_factory=list)
    reading: ReaderOutput = UNREAD
    score: float = 0.0

    @property
    def text(self) -> str:
        return self.article.text[self.candidate.passage.start : self.candidate.passage.end]

    @property
    def cosine(self) -> float | None:
        """Similarity of its vector and the question's; None while it waits for its vector."""
        return self.candidate.cosine

    @property
    def date(self) -> datetime.date | None:
        return self.article.date

    @property
    def answer_key(self) -> str:
        """The answer span's words in lower case, to compare answers by; the passage's without."""
        span = self.reading.answer
        answer = self.text[span.start : span.end] if span else self.text
        return " ".join(re.findall(r"\w+", answer.casefold()))

    def quote(self, score: float) -> Quote:
        """The passage as a quote, verbatim; the answer span as offsets into the article."""
        row = self.candidate.passage
        span = self.reading.answer
        return Quote(
            article=self.article,
            start=row.start,
            end=row.end,
            paragraph=row.paragraph,
            score=score,
            answer=Span(row.start + span.start, row.start + span.end) if span else None,
            also_in=tuple(self.also_in),
        )


def query_vector(encoder: Encoder, query: ExpandedQuery) -> Vectors:
    """The vector to search with, shape (1, dimension): the question's and its context's."""
    vector = encoder.encode_query(query.question)
    for text, weight in query.context_texts:
        vector = vector + weight * encoder.encode_query(text)
    return l2_normalise(vector)


def rerank_candidates(
    library: ArticlesByNumber, candidates: Sequence[Candidate], top: int = 0
) -> list[RerankCandidate]:
    """The candidates that the reader is to read, best first.

    Args:
        candidates: the search's, best first.
        top: how many quotes are asked for; where that is more than the reader reads, so many.
    """
    return deduplicated(library, candidates, max(top, RERANK_DEPTH))


def deduplicated(
    library: ArticlesByNumber, candidates: Sequence[Candidate], limit: int
) -> list[RerankCandidate]:
    """The first candidates whose words differ, best first; case and white space count for nothing.

    Args:
        library: which they are from; call it inside the snapshot that they were found in.
        candidates: best first.
    """
    found: dict[str, RerankCandidate] = {}
    at_once = max(1, math.ceil(_OVERFETCH * limit))
    for start in range(0, len(candidates), at_once):
        if len(found) == limit:
            break
        batch = candidates[start : start + at_once]
        articles = library.articles_by_number(each.passage.article for each in batch)
        for candidate in batch:
            distinct = RerankCandidate(candidate, articles[candidate.passage.article])
            key = " ".join(distinct.text.casefold().split())
            if earlier := found.get(key):
                _add_duplicate(earlier, distinct.article.id)
            elif len(found) < limit:
                found[key] = distinct
    return list(found.values())


def _add_duplicate(candidate: RerankCandidate, article_id: str) -> None:
    if article_id != candidate.article.id and article_id not in candidate.also_in:
        candidate.also_in.append(article_id)
