"""How honest ``confidence`` is, and where its numbers come from.

    python -m benchmarks.confidence [--data DIR]

Every second article of ``squad/dev`` and of ``news`` is left out of the library and all questions
are asked, so that about half cannot be answered. An answer is right where an accepted one stands
in the first quote. On every second question the weights of ``retrieval/confidence.py`` are fitted
(logistic regression by Newton's method, both collections counting the same) and printed; the
figures are measured on the others, with the weights that the code has.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import arguments, library_of, read, stands_in
from retrieval.confidence import TYPICAL_COSINE, Evidence, coverage, probability
from retrieval.encoding import Encoder, load_encoder
from retrieval.library import Library
from retrieval.search.filter import Filter
from retrieval.search.hybrid import Searcher

Floats = NDArray[np.float64]
Row = dict[str, Any]

_THRESHOLDS = (0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of the questions to a collection, one an entry.

    Attributes:
        evidence: cosine and coverage of the first quote, shape (questions, 2).
        right: whether the first quote answers.
        answerable: whether an article that answers is in the library.
    """

    evidence: Floats
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]

    def every_second(self, first: int) -> "Asked":
        """Half of the questions."""
        half = slice(first, None, 2)
        return Asked(self.evidence[half], self.right[half], self.answerable[half])


def ask_all(articles: list[Row], questions: list[tuple[Row, bool]], encoder: Encoder) -> Asked:
    """Ask questions of a library of these articles; each comes with whether it is answerable."""
    evidence, right = [], []
    with library_of(articles, encoder) as path:
        library = Library(path)
        searcher = Searcher(library, encoder.dimension)
        with library.snapshot():
            searcher.catch_up()
            for question, answerable in questions:
                text = question["question"]
                best = searcher.search(text, encoder.encode_query(text), Filter())[0]
                row = best.passage
                article = library.articles_by_number([row.article])[row.article]
                words = article.text[row.start : row.end]
                there = searcher.words.terms.of(f"{article.title} {words}")
                cosine = TYPICAL_COSINE if best.cosine is None else best.cosine
                evidence.append((cosine, coverage(searcher.words.weights(text), there)))
                right.append(answerable and stands_in(question["answers"], words))
        library.close()
    answerable_ones = [answerable for _, answerable in questions]
    return Asked(np.array(evidence), np.array(right), np.array(answerable_ones))


def squad(data: Path, encoder: Encoder) -> Asked:
    """``squad/dev`` without the paragraphs of every second Wikipedia article."""
    paragraphs = read(data / "squad" / "dev" / "paragraphs.jsonl.gz")
    about = {paragraph["id"]: paragraph["article_id"] for paragraph in paragraphs}
    kept = set(sorted(set(about.values()))[::2])
    questions = read(data / "squad" / "dev" / "questions.jsonl.gz")
    return ask_all(
        [paragraph for paragraph in paragraphs if paragraph["article_id"] in kept],
        [(question, about[question["paragraph_id"]] in kept) for question in questions],
        encoder,
    )


def news(data: Path, encoder: Encoder) -> Asked:
    """``news`` without every second article."""
    kept = read(data / "news" / "articles.jsonl.gz")[::2]
    ids = {article["id"] for article in kept}
    questions = [
        (
            question,
            not ids.isdisjoint(question["article_ids"] + question["other_articles_with_answer"]),
        )
        for question in read(data / "news" / "questions.jsonl.gz")
    ]
    return ask_all(kept, questions, encoder)


def fit(collections: list[Asked]) -> Floats:
    """Logistic regression of ``right`` on the evidence: intercept, cosine, coverage."""
    inputs = np.concatenate([asked.evidence for asked in collections])
    inputs = np.column_stack([np.ones(len(inputs)), inputs])
    right = np.concatenate([asked.right for asked in collections]).astype(float)
    share = np.concatenate([np.full(len(a.right), 1 / len(a.right)) for a in collections])
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        guessed = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (share * (right - guessed))
        curve = (inputs * (share * guessed * (1 - guessed))[:, None]).T @ inputs
        weights += np.linalg.solve(curve, slope)
    return weights


def report(name: str, asked: Asked) -> None:
    """Print a collection's figures."""
    sure = np.array([probability(Evidence(*pair)) for pair in asked.evidence])
    right, answerable = asked.right, asked.answerable
    bins = np.array_split(np.argsort(sure), 10)
    off = sum(len(b) * abs(sure[b].mean() - right[b].mean()) for b in bins) / len(sure)
    print(f"\n{name}: {len(sure)} questions, {answerable.mean():.0%} answerable")
    print(f"  area under the ROC curve, answerable or not: {_auroc(sure, answerable):.3f}")
    print(f"  expected calibration error: {off:.3f}")
    print(
        "  threshold   answered of the answerable   right of the answered   "
        "answered of the unanswerable"
    )
    for threshold in _THRESHOLDS:
        answered = sure >= threshold
        print(
            f"  {threshold:9.2f}   {answered[answerable].mean():26.2f}   "
            f"{right[answered].mean():21.2f}   {answered[~answerable].mean():28.2f}"
        )


def _auroc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """The chance that a positive one scores higher than another; ties count half."""
    order = np.sort(scores[~positive])
    below = np.searchsorted(order, scores[positive], "left")
    upto = np.searchsorted(order, scores[positive], "right")
    return float((below + upto).mean() / 2 / len(order))


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__).parse_args()
    encoder = load_encoder()
    collections = {
        "squad/dev": squad(options.data, encoder),
        "news": news(options.data, encoder),
    }
    fitted = fit([asked.every_second(0) for asked in collections.values()])
    print("fitted: intercept {:.2f}, cosine {:.2f}, coverage {:.2f}".format(*fitted))
    for name, asked in collections.items():
        report(name, asked.every_second(1))


if __name__ == "__main__":
    main()
