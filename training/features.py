"""What the search and the reader see of each question's candidates, to weigh them by."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.parallel import parallel_map
from retrieval.answering.candidates import deduplicated
from retrieval.answering.ranking import TYPICAL_COSINE, coverage
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.metrics import answer_in_quote, exact_match, f1
from retrieval.library.filter import Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader

READ = 40

FIELDS = (
    "relevance", "margin", "search", "cosine", "coverage", "alike",
    "said", "placed", "exact", "f1",
)  # fmt: skip
"""The columns of a question's candidates. ``alike`` is the number of the first candidate in which
the same words are marked. The last four say whether an accepted answer stands in the words, whether
the article is an accepted one, and how good the marked span is."""


def gather(library: Path, questions: Sequence[LabelledQuestion]) -> Iterator[NDArray[np.float32]]:
    """For each question its candidates, shape (candidates, fields), in the search's order."""

    def start() -> Any:
        encoder, reader = load_encoder(), Reader()
        opened = LocalReader(library)
        searcher = HybridSearch(opened, encoder.dimension)

        def look(question: LabelledQuestion) -> NDArray[np.float32]:
            with opened.snapshot():
                searcher.catch_up()
                vector = encoder.encode_query(question.text)
                candidates = searcher.search(question.text, vector, Filter())
                found = deduplicated(opened, candidates, READ)
            passages = [(each.article.title, each.text) for each in found]
            readings = reader.read(question.text, passages, time.perf_counter() + 60)
            rare = searcher.words.weights(question.text)
            rows: list[tuple[float, ...]] = []
            marked_first: dict[str, int] = {}
            for each, reading in zip(found, readings, strict=True):
                each.reading = reading
                there = searcher.words.analyzer.unique_terms(f"{each.article.title} {each.text}")
                span = reading.answer
                marked = each.text[span.start : span.end] if span else ""
                cosine = each.candidate.cosine
                rows.append(
                    (
                        reading.relevance,
                        reading.margin,
                        each.candidate.score,
                        TYPICAL_COSINE if cosine is None else cosine,
                        coverage(rare, there),
                        marked_first.setdefault(each.answer_key, len(rows)),
                        answer_in_quote(question.answers, each.text),
                        not question.articles.isdisjoint({each.article.id, *each.also_in}),
                        exact_match(question.answers, marked),
                        f1(question.answers, marked),
                    )
                )
            return np.array(rows, dtype=np.float32).reshape(-1, len(FIELDS))

        return look

    return parallel_map(start, questions)
