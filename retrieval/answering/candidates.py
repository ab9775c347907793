"""Candidates for reranking: those with the same words deduplicated, and the quote of each."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.answering.answer import Quote
from retrieval.documents.article import Article, Span
from retrieval.library.base import ArticlesByNumber
from retrieval.library.fusion import Candidate
from retrieval.models.reader import UNREAD, ReaderOutput

_OVERFETCH = 1.5  # candidates whose articles are read for each that is wanted: some are duplicates


@dataclass(slots=True, eq=False)
class RerankCandidate:
    """A deduplicated candidate, on its way from the search through the reader to a quote.

    Attributes:
        candidate: the search's: the best of those with these words.
        article: the one that it is from.
        also_in: ids of other articles with the same words.
        reading: the reader's output for it.
        score: its ``rank_score``, comparable within one question.
    """

    candidate: Candidate
    article: Article
    also_in: list[str] = field(default_factory=list)
    reading: ReaderOutput = UNREAD
    score: float = 0.0

    @property
    def text(self) -> str:
        """The passage's text."""
        return self.article.text[self.candidate.passage.start : self.candidate.passage.end]

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


def deduplicated(
    library: ArticlesByNumber, candidates: Sequence[Candidate], limit: int
) -> list[RerankCandidate]:
    """The first candidates whose words differ, best first; case and white space count for nothing.

    Args:
        library: which they are from; call it inside the snapshot that they were found in.
        candidates: best first.
        limit: how many at most.
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
