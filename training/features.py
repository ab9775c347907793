"""The features of each question's candidates, as the answerer computes them, with their labels."""

import datetime
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.parallel import parallel_map
from retrieval.answering.candidates import query_vector, rerank_candidates
from retrieval.answering.conversation import ExpandedQuery
from retrieval.answering.question import validated_question
from retrieval.answering.ranking import coverage, rank_inputs, read_candidates
from retrieval.documents.article import Span
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.metrics import answer_in_quote
from retrieval.library import open as open_library
from retrieval.library.base import LibrarySearcher
from retrieval.library.filter import Filter
from retrieval.models.encoder import Encoder, load_encoder
from retrieval.models.reader import UNREAD, Reader, ReaderOutput


class Column(IntEnum):
    """The columns of a question's candidates; the first three are ``rank_inputs``.

    ``COSINE`` is NaN without a vector, ``ANSWER`` the row of the first candidate with the same
    answer, ``DATE`` the proleptic ordinal of the article's date, or 0. The last two are labels:
    whether an accepted answer is in the passage, and whether the article is an accepted one.
    """

    RELEVANCE = 0
    MARGIN = 1
    SEARCH = 2
    COSINE = 3
    COVERAGE = 4
    ANSWER = 5
    HAS_SPAN = 6
    DATE = 7
    RIGHT_QUOTE = 8
    RIGHT_ARTICLE = 9


Rows = NDArray[np.float32]
"""A question's candidates in the search's order, shape (candidates, columns)."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredCandidate:
    """A ``RankedCandidate``, from its row.

    Attributes:
        coverage: see ``ranking.coverage``.
        right: whether an accepted answer is in it.
    """

    reading: ReaderOutput
    score: float
    cosine: float | None
    answer_key: int
    date: datetime.date | None
    coverage: float
    right: bool


def gather(library: Path, questions: Sequence[LabelledQuestion]) -> Iterator[Rows]:
    """The candidates of each question, in the questions' order."""

    def start() -> Callable[[LabelledQuestion], Rows]:
        encoder, reader = load_encoder(), Reader()
        opened = open_library(library).searcher(encoder)
        return lambda question: candidate_rows(opened, encoder, reader, question)

    return parallel_map(start, questions)


def candidate_rows(
    library: LibrarySearcher, encoder: Encoder, reader: Reader, question: LabelledQuestion
) -> Rows:
    """What the answerer would rank for a question, all of it read, however long it takes."""
    query = ExpandedQuery(validated_question(question.text))
    vector = query_vector(encoder, query)
    rows: list[tuple[float, ...]] = []
    first_with: dict[str, int] = {}
    with library.snapshot():
        found = library.search(query.question, vector, Filter(), query.expansion_terms)
        candidates = rerank_candidates(library, found)
        read_candidates(query, candidates, reader)
        weights = library.weights(query.question)
        for each in candidates:
            row = (
                *rank_inputs(query, each.reading, each.candidate.score),
                math.nan if each.cosine is None else each.cosine,
                coverage(library.analyzer, weights, each),
                first_with.setdefault(each.answer_key, len(rows)),
                each.reading.answer is not None,
                each.date.toordinal() if each.date else 0,
                answer_in_quote(question.answers, each.text),
                not question.articles.isdisjoint({each.article.id, *each.also_in}),
            )
            rows.append(row)
    return np.array(rows, dtype=np.float32).reshape(-1, len(Column))


def stored_candidates(
    rows: Rows, weights: NDArray[np.float64], *, unread: bool = False
) -> list[StoredCandidate]:
    """A question's candidates with their scores, in the search's order.

    Args:
        rows: at least one.
        weights: of ``rank_inputs``, shape (3,).
        unread: takes them as if the reader had read none.
    """
    inputs = rows[:, : Column.SEARCH + 1].astype(np.float64)
    if unread:
        inputs[:, Column.RELEVANCE], inputs[:, Column.MARGIN] = UNREAD.relevance, UNREAD.margin
    return [
        StoredCandidate(
            # What the span is counts for nothing here, only whether there is one.
            reading=ReaderOutput(
                relevance, margin, Span(0, 1) if row[Column.HAS_SPAN] and not unread else None
            ),
            score=score,
            cosine=None if math.isnan(row[Column.COSINE]) else row[Column.COSINE],
            answer_key=int(row[Column.ANSWER]),
            date=datetime.date.fromordinal(int(row[Column.DATE])) if row[Column.DATE] else None,
            coverage=row[Column.COVERAGE],
            right=bool(row[Column.RIGHT_QUOTE]),
        )
        for row, (relevance, margin, _), score in zip(
            rows.tolist(), inputs.tolist(), (inputs @ weights).tolist(), strict=True
        )
    ]
