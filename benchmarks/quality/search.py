"""Whether the right passage is found: each half of the search, and ways to put them together.

    python -m benchmarks.quality.search [--data DIR] [--only squad|news]

``squad``: each paragraph of ``squad/dev`` is an article of its own; is the right one first, and
among the first 20? ``news``: are the article and the words that answer among the first quotes?
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.common.collections import temporary_library
from benchmarks.common.data import ArticleRow, argument_parser, read_jsonl
from retrieval.evaluation.metrics import answer_in_quote
from retrieval.library.filter import Bounds, Filter
from retrieval.library.fusion import DEPTH
from retrieval.library.local import hybrid_search as hybrid_module
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.term_weights import FIELD_WEIGHTS
from retrieval.models.encoder import Encoder, load_encoder

Ranking = Callable[[str], Sequence[int]]
"""From a question to the ids of passages, best first."""


class PassageTexts:
    """The passages that a ranking puts first, with their articles' ids and their words."""

    def __init__(self, library: LocalReader) -> None:
        self._library = library

    def __call__(self, ids: Sequence[int]) -> list[tuple[str, str]]:
        """The article's id and the words of each passage."""
        rows = self._library.passages(ids)
        articles = self._library.articles_by_number(row.article for row in rows.values())
        pairs = ((rows[number], articles[rows[number].article]) for number in ids)
        return [(article.id, article.text[row.start : row.end]) for row, article in pairs]


@contextmanager
def rankings(
    articles: Sequence[ArticleRow], encoder: Encoder
) -> Iterator[tuple[dict[str, Ranking], PassageTexts]]:
    """Every way to search that is compared, over a library of these articles."""
    with temporary_library(articles, encoder) as path:
        library = LocalReader(path)
        searcher = HybridSearch(library, encoder.dimension)
        with library.snapshot():
            searcher.catch_up()

            def vectors(question: str) -> Sequence[int]:
                vector = encoder.encode_query(question)
                return list(searcher.vectors.search(vector, DEPTH, None).ids)

            def words(question: str) -> Sequence[int]:
                return list(searcher.words.search(question, DEPTH, Bounds()).ids)

            def fused(question: str) -> Sequence[int]:
                """Reciprocal rank fusion (Cormack et al. 2009), k = 60."""
                scores: dict[int, float] = {}
                for ranking in (vectors(question), words(question)):
                    for rank, number in enumerate(ranking, start=1):
                        scores[number] = scores.get(number, 0.0) + 1 / (60 + rank)
                return sorted(scores, key=lambda number: -scores[number])

            def hybrid(question: str) -> Sequence[int]:
                vector = encoder.encode_query(question)
                found = searcher.search(question, vector, Filter())
                return [candidate.passage.id for candidate in found]

            def without_surroundings(question: str) -> Sequence[int]:
                with patch.dict(FIELD_WEIGHTS, around=0.0):
                    return hybrid(question)

            def without_lead(question: str) -> Sequence[int]:
                with patch.object(hybrid_module, "LEAD", 0.0):
                    return hybrid(question)

            yield (
                {
                    "vectors alone": vectors,
                    "words alone": words,
                    "reciprocal rank fusion": fused,
                    "Quoth without the words around": without_surroundings,
                    "Quoth without the lead": without_lead,
                    "Quoth: standardised and added": hybrid,
                },
                PassageTexts(library),
            )
        library.close()


def squad(options: Any, encoder: Encoder) -> None:
    """Print the share of right paragraphs first and among the first 20 passages."""
    folder = options.data / "squad" / "dev"
    questions = read_jsonl(folder / "questions.jsonl.gz")
    print(
        f"\nsquad/dev, {len(questions)} questions      right paragraph  first  in first 20"
        "  quote@1  quote@3"
    )
    with rankings(read_jsonl(folder / "paragraphs.jsonl.gz"), encoder) as (ways, found):
        for name, ranking in ways.items():
            rows = []
            for question in questions:
                passages = found(ranking(question["question"])[:20])
                right = [article == question["paragraph_id"] for article, _ in passages]
                said = [answer_in_quote(question["answers"], words) for _, words in passages[:3]]
                rows.append((any(right[:1]), any(right), any(said[:1]), any(said)))
            _print(name, rows, width=48)


def news(options: Any, encoder: Encoder) -> None:
    """Print article@1, @3, @10 and quote@1, @3."""
    questions = read_jsonl(options.data / "news" / "questions.jsonl.gz")
    print(
        f"\nnews, {len(questions)} questions              article@1     @3     @10  quote@1     @3"
    )
    with rankings(read_jsonl(options.data / "news" / "articles.jsonl.gz"), encoder) as (
        ways,
        found,
    ):
        for name, ranking in ways.items():
            rows = []
            for question in questions:
                accepted = {*question["article_ids"], *question["other_articles_with_answer"]}
                passages = found(ranking(question["question"])[:10])
                right = [article in accepted for article, _ in passages]
                said = [answer_in_quote(question["answers"], words) for _, words in passages[:3]]
                rows.append((any(right[:1]), any(right[:3]), any(right), any(said[:1]), any(said)))
            _print(name, rows, width=36)


def _print(name: str, rows: Sequence[tuple[bool, ...]], width: int) -> None:
    shares = np.mean(np.array(rows), axis=0)
    print(f"{name:{width}}" + "".join(f"{share:8.3f}" for share in shares), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--only", choices=("squad", "news"))
    options = parser.parse_args()
    encoder = load_encoder()
    for name, measure in (("squad", squad), ("news", news)):
        if options.only in (None, name):
            measure(options, encoder)


if __name__ == "__main__":
    main()
