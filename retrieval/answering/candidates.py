"""Candidates as the quotes that they would make: those that say the same put together."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.answering.answer import Quote
from retrieval.documents.article import Article, Span
from retrieval.library.base import NumberedArticles
from retrieval.library.local.searcher import Candidate
from retrieval.models.reader import NOT_READ, Reading

_SPARE = 1.5  # candidates to fetch for each that is wanted: some say the same as others


@dataclass(slots=True, eq=False)
class Finding:
    """A passage that may be quoted.

    Attributes:
        candidate: what the search says of it: the best of those with these words.
        article: the one that it is from.
        also_in: ids of other articles with the same words.
        reading: what the reader says of it.
        score: everything together, comparable within one question.
    """

    candidate: Candidate
    article: Article
    also_in: list[str] = field(default_factory=list)
    reading: Reading = NOT_READ
    score: float = 0.0

    @property
    def words(self) -> str:
        """The passage's words."""
        return self.article.text[self.candidate.passage.start : self.candidate.passage.end]

    @property
    def said(self) -> str:
        """What the reader marked, as it is compared: words in lower case; all of it without."""
        span = self.reading.answer
        marked = self.words[span.start : span.end] if span else self.words
        return " ".join(re.findall(r"\w+", marked.casefold()))

    def quote(self, score: float) -> Quote:
        """The quote that it makes."""
        row = self.candidate.passage
        inside = self.reading.answer
        answer = Span(row.start + inside.start, row.start + inside.end) if inside else None
        return Quote(
            article=self.article,
            start=row.start,
            end=row.end,
            paragraph=row.paragraph,
            score=score,
            answer=answer,
            also_in=tuple(self.also_in),
        )


def findings(
    library: NumberedArticles, candidates: Sequence[Candidate], limit: int
) -> list[Finding]:
    """The first candidates that say different things, best first.

    Args:
        library: which they are from; call it inside the snapshot that they were found in.
        candidates: best first.
        limit: how many at most.
    """
    found: dict[str, Finding] = {}
    at_once = max(1, math.ceil(_SPARE * limit))
    for start in range(0, len(candidates), at_once):
        if len(found) == limit:
            break
        batch = candidates[start : start + at_once]
        articles = library.articles_by_number(each.passage.article for each in batch)
        for candidate in batch:
            finding = Finding(candidate, articles[candidate.passage.article])
            said = " ".join(finding.words.casefold().split())  # case and spaces apart
            if earlier := found.get(said):
                _add(earlier, finding.article.id)
            elif len(found) < limit:
                found[said] = finding
    return list(found.values())


def _add(finding: Finding, article_id: str) -> None:
    if article_id != finding.article.id and article_id not in finding.also_in:
        finding.also_in.append(article_id)
