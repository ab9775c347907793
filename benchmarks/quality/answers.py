"""How good the answers are, beside what they are made of and what others give.

    pip install -e '.[benchmarks]'
    python -m benchmarks.quality.answers [--data DIR] [--only squad|news] [--questions N]
        [--kept DIR]

``squad``: each paragraph of ``squad/dev`` is an article of its own. ``news``: news-quiz questions.
Four ways to answer: vectors alone and BM25 alone over pieces as a LangChain user gets them, Quoth's
search alone, and Quoth. First with all articles; then with every second one taken out, so that
about half of the questions cannot be answered; then ``squad/dev``'s questions that only look
answerable.

The weights of Quoth's order and confidence were fitted on every second question; the figures are
of the others. Scored as ``quoth eval`` scores. ``--kept`` keeps the libraries for the next run.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.common import collections
from benchmarks.common.collections import (
    Collection,
    build_library,
    build_subset_library,
    sample_evenly,
)
from benchmarks.common.data import argument_parser
from benchmarks.common.parallel import parallel_map
from benchmarks.quality.baselines import ByVector, ByWords, ScoredPieces, cut
from retrieval.answering import answerer as answerer_module
from retrieval.answering.answerer import Answerer
from retrieval.answering.candidates import deduplicated
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.evaluate import (
    QUOTES,
    EvaluatedAnswer,
    EvaluationMetrics,
    compute_metrics,
    evaluated,
)
from retrieval.evaluation.metrics import answer_in_quote, auroc
from retrieval.library.filter import Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.models.encoder import Encoder, load_encoder
from retrieval.models.reader import Reader

Way = Callable[[LabelledQuestion], EvaluatedAnswer]

VECTORS, BM25, SEARCH, QUOTH = "vectors alone", "BM25 alone", "Quoth's search alone", "Quoth"

PIECES = "pieces.npy"
"""The file of their vectors."""

READING_SECONDS, CORES = answerer_module.READING_SECONDS, len(os.sched_getaffinity(0))

_TIMED = 100  # questions, asked one after the other


def ways(collection: Collection, kept: Path) -> dict[str, Way]:
    """Every way to answer that is compared, over articles that were indexed."""
    encoder = load_encoder()
    pieces = cut(collection.articles)
    by_vector = ByVector(pieces, encoder, kept / PIECES)
    by_words = ByWords(pieces)
    answerer = Answerer(kept / "library", encoder, Reader(), min_confidence=0.0)
    return {
        VECTORS: lambda question: _of_pieces(question, by_vector.find),
        BM25: lambda question: _of_pieces(question, by_words.find),
        SEARCH: _search_alone(kept / "library", encoder),
        QUOTH: lambda question: evaluated(question, answerer.ask(question.text, QUOTES)),
    }


def ask_all(
    collection: Collection, questions: Sequence[LabelledQuestion], kept: Path
) -> dict[str, list[EvaluatedAnswer]]:
    """What becomes of each question in each way, on all cores."""

    def start() -> Callable[[tuple[str, LabelledQuestion]], EvaluatedAnswer]:
        # Each process has but one of the cores that a question otherwise has to itself.
        answerer_module.READING_SECONDS = READING_SECONDS * CORES
        asked = ways(collection, kept)
        return lambda item: asked[item[0]](item[1])

    names = (VECTORS, BM25, SEARCH, QUOTH)
    outcomes = list(parallel_map(start, [(name, each) for name in names for each in questions]))
    count = len(questions)
    return {name: outcomes[n * count : (n + 1) * count] for n, name in enumerate(names)}


def _of_pieces(
    question: LabelledQuestion, find: Callable[[str, int], ScoredPieces]
) -> EvaluatedAnswer:
    began = time.perf_counter()
    found = [(piece.article, piece.words, score) for piece, score in find(question.text, QUOTES)]
    return _outcome(question, found, time.perf_counter() - began)


def _search_alone(library: Path, encoder: Encoder) -> Way:
    opened = LocalReader(library)
    searcher = HybridSearch(opened, encoder.dimension)

    def ask(question: LabelledQuestion) -> EvaluatedAnswer:
        began = time.perf_counter()
        with opened.snapshot():
            searcher.catch_up()
            candidates = searcher.search(
                question.text, encoder.encode_query(question.text), Filter()
            )
            found = [
                (each.article.id, each.text, each.candidate.cosine or 0.0)
                for each in deduplicated(opened, candidates, QUOTES)
            ]
        return _outcome(question, found, time.perf_counter() - began)

    return ask


def _outcome(
    question: LabelledQuestion, found: Sequence[tuple[str, str, float]], seconds: float
) -> EvaluatedAnswer:
    """What became of a question that was searched for only: no words are marked."""
    said = [answer_in_quote(question.answers, words) for _, words, _ in found]
    known = [article in question.articles for article, _, _ in found]
    return EvaluatedAnswer(
        question=question,
        answered=bool(found),
        confidence=found[0][2] if found else 0.0,
        rank=said.index(True) + 1 if True in said else None,
        article_rank=known.index(True) + 1 if True in known else None,
        quote=found[0][1] if found else None,
        words=None,
        article=found[0][0] if found else None,
        milliseconds=seconds * 1000,
    )


def report(
    name: str,
    collection: Collection,
    hard: Sequence[LabelledQuestion],
    encoder: Encoder,
    kept: Path,
    limit: int | None,
) -> None:
    """Measure a collection, whole and without every second article.

    Args:
        name: of the collection.
        collection: all of it.
        hard: questions that only look as if it answered them.
        encoder: the packaged one.
        kept: folder for the libraries.
        limit: how many questions of a kind are asked at most; None for all.
    """
    _index(collection, encoder, kept / name)
    questions = sample_evenly(collection.every_second(1).questions, limit)
    hard = sample_evenly(hard, limit)
    outcomes = ask_all(collection, questions, kept / name)
    print(
        f"\n{name}, {len(questions)} questions\n{'':24}article@1     @3    @10  quote@1     @3"
        "     EM     F1  calibration error"
    )
    for way, each in outcomes.items():
        print(f"{way:24}{_row(compute_metrics(each, 0.0), way)}", flush=True)

    if hard:
        print(f"\n{name}, and {len(hard)} questions that only look answerable\n{'':24}ROC area")
        for way, tempted in ask_all(collection, hard, kept / name).items():
            sure = [[each.confidence for each in some] for some in (outcomes[way], tempted)]
            print(f"{way:24}{auroc(*sure):8.3f}", flush=True)

    _time(name, ways(collection, kept / name), questions[:_TIMED])

    halved = collection.without_every_second()
    whole, kept = kept / name, kept / f"{name}-half"
    build_subset_library(kept, whole, halved.articles)
    _part_of_pieces(collection, halved, whole, kept)
    questions = sample_evenly(halved.every_second(1).questions, limit)
    answerable = sum(bool(question.answers) for question in questions) / len(questions)
    print(
        f"\n{name} without every second article, {answerable:.0%} answerable"
        f"\n{'':24}ROC area  answered at 90 % right  calibration error"
    )
    for way, each in ask_all(halved, questions, kept).items():
        figures = compute_metrics(each, 0.0)
        print(
            f"{way:24}{_figure(figures.not_found_auroc)}{_figure(figures.coverage_at_90, 24)}"
            + (_figure(figures.calibration_error, 19) if way == QUOTH else ""),
            flush=True,
        )


def _index(collection: Collection, encoder: Encoder, kept: Path) -> None:
    """Make what the ways search."""
    build_library(kept, collection.articles, encoder)
    ByVector(cut(collection.articles), encoder, kept / PIECES)


def _part_of_pieces(collection: Collection, part: Collection, whole: Path, kept: Path) -> None:
    """Keep the vectors of the pieces of some of the articles."""
    ids = {row["id"] for row in part.articles}
    chosen = [piece.article in ids for piece in cut(collection.articles)]
    np.save(kept / PIECES, np.load(whole / PIECES)[chosen])


def _time(name: str, asked: dict[str, Way], questions: Sequence[LabelledQuestion]) -> None:
    print(f"\n{name}, milliseconds a question, one after the other\n{'':24}  median     p95")
    for way, ask in asked.items():
        took = [ask(question).milliseconds for question in questions]
        print(f"{way:24}{np.median(took):8.1f}{np.percentile(took, 95):8.1f}", flush=True)


def _row(figures: EvaluationMetrics, way: str) -> str:
    row = _figure(figures.article_at_1, 9)
    found = (figures.article_at_3, figures.article_at_10, figures.quote_at_1, figures.quote_at_3)
    row += "".join(_figure(figure, 7) for figure in found)
    if way != QUOTH:
        return row
    marked = (figures.exact_match, figures.f1)
    row += "".join(_figure(figure, 7) for figure in marked)
    return row + _figure(figures.calibration_error, 19)


def _figure(figure: float | None, width: int = 8) -> str:
    return f"{'—' if figure is None else format(figure, '.3f'):>{width}}"


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--only", choices=("squad", "news"))
    parser.add_argument("--questions", type=int, help="of each kind, at most")
    parser.add_argument("--kept", type=Path, help="folder to keep the libraries in")
    options = parser.parse_args()
    encoder = load_encoder()
    with TemporaryDirectory() as folder:
        kept = options.kept or Path(folder)
        if options.only != "news":
            hard = collections.squad_unanswerable(options.data)[1::2]
            report("squad", collections.squad(options.data), hard, encoder, kept, options.questions)
        if options.only != "squad":
            report("news", collections.news(options.data), [], encoder, kept, options.questions)


if __name__ == "__main__":
    main()
