"""What it costs a question that it may not see everything.

    python -m benchmarks.speed.filtering [--data DIR] [--passages N] [--questions N]

A library of ``--passages`` passages is made of ``news/archive.jsonl.gz``, with vectors drawn at
random. The same questions are searched for in turn within each of some filters, at first without
and then with articles that servers keep for themselves: 20 servers of 30 each. Printed are the
medians, and the first question after a commit, which reads what sources there are.
"""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.common.data import argument_parser, read_jsonl
from benchmarks.common.synthetic import RandomEncoder, archive_articles, build_archive_library
from retrieval.documents.article import Article
from retrieval.library.filter import Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.write_session import open_session
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from retrieval.models.encoder.base import Encoder

SERVERS, UPLOADS = 20, 30

FILTERS = {
    "everything": Filter(),
    "all but what others keep": Filter(withheld="discord:", own="discord:3"),
    "the same of one source": Filter(source="BBC News", withheld="discord:", own="discord:3"),
    "the same since 2022": Filter(since=date(2022, 1, 1), withheld="discord:", own="discord:3"),
}


def upload(library: Path, encoder: Encoder, rows: Iterator[dict[str, Any]]) -> None:
    """Give each server some articles of its own."""
    with open_session(library, encoder, Reporter()) as session:
        with session.transaction() as change:
            for server in range(SERVERS):
                for n in range(UPLOADS):
                    row = next(rows)
                    own = Article(
                        f"{server}/{n}", row["title"], None, f"discord:{server}", None, row["text"]
                    )
                    change.put(own, f"upload {server}")
        session.encode_pending(encoder)


def measure(library: Path, encoder: Encoder, questions: list[str]) -> None:
    """Print the medians of each filter, and what the first question costs."""
    reader = LocalReader(library)
    searcher = HybridSearch(reader, encoder.dimension)
    took: dict[str, list[float]] = {name: [] for name in FILTERS}
    with reader.snapshot() as state:
        searcher.catch_up()
        began = time.perf_counter()
        sources = reader.sources()
        first = time.perf_counter() - began
        print(f"{state.passages} passages, {len(sources)} sources, read in {first * 1000:.1f} ms")
        for question in questions:
            vector = encoder.encode_query(question)
            for name, within in FILTERS.items():
                began = time.perf_counter()
                searcher.search(question, vector, within)
                took[name].append(time.perf_counter() - began)
    for name, times in took.items():
        print(f"  {name:26} {median(times) * 1000:6.1f} ms")
    reader.close()


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    options = parser.parse_args()
    rows = read_jsonl(options.data / "news" / "questions.jsonl.gz")
    questions = [row["question"] for row in rows[: options.questions]]
    encoder = RandomEncoder(load_encoder())
    articles = archive_articles(options.data)
    with TemporaryDirectory() as folder:
        library = build_archive_library(Path(folder), articles, options.passages, encoder)
        measure(library, encoder, questions)
        upload(library, encoder, articles)
        measure(library, encoder, questions)


if __name__ == "__main__":
    main()
