"""How long one more article takes in a small library and in a large one, and what is rewritten.

    python -m benchmarks.scale.incremental_indexing [--data DIR] [--passages N] [--runs N]

Libraries of 1,000 and of ``--passages`` passages are made of ``news/archive.jsonl.gz``, with
vectors drawn at random (nothing here depends on what they say). Then new articles of 800 words are
indexed in turn into one and the other, encoded by the packaged model. Printed are the medians of
the time that ``index`` takes, their ratio, and the files that were there before and changed.
"""

import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.common.data import argument_parser
from benchmarks.common.synthetic import (
    RandomEncoder,
    archive_articles,
    build_archive_library,
    write_jsonl,
)
from retrieval.ingest.index import index
from retrieval.library.local.folder import current_edition
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder

SMALL = 1_000  # passages
WORDS = 800  # of an added article


def files_of(library: Path) -> dict[Path, tuple[int, int]]:
    """The files of the caches, with what tells whether one was rewritten."""
    edition = current_edition(library)
    return {
        path: (path.stat().st_ino, path.stat().st_size)
        for folder in (edition.words, edition.vectors)
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size > 1_000_000
    }


def _reporter() -> Reporter:
    return Reporter(lambda problem: sys.exit(str(problem)))


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--passages", type=int, default=100_000, help="of the large library")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    encoder = load_encoder()
    articles = archive_articles(options.data)
    with TemporaryDirectory() as folder:
        there = Path(folder)
        scattered = RandomEncoder(encoder)
        libraries = [
            build_archive_library(there, articles, n, scattered) for n in (SMALL, options.passages)
        ]
        took: list[list[float]] = [[], []]
        rewritten: set[str] = set()
        long = (row for row in articles if len(row["text"].split()) >= WORDS)
        for run in range(options.runs + 1):
            row = next(long)
            row["text"] = " ".join(row["text"].split(" ")[:WORDS])
            for n, library in enumerate(libraries):
                source = there / f"new.{n}.{run}"
                source.mkdir()
                write_jsonl(source / "article.jsonl", iter([row]))
                before = files_of(library)
                began = time.perf_counter()
                index([source], library, encoder, _reporter())
                took[n].append(time.perf_counter() - began)
                after = files_of(library)
                rewritten |= {str(p) for p in before if p in after and before[p] != after[p]}
    small, large = (median(each[1:]) for each in took)  # the first one warms up
    print(f"one article of {WORDS} words added, encoding included, medians of {options.runs}")
    print(f"{SMALL:>9,} passages: {small * 1000:7.0f} ms")
    print(f"{options.passages:>9,} passages: {large * 1000:7.0f} ms, {large / small:.2f} times")
    print(f"large cache files rewritten: {', '.join(sorted(rewritten)) or 'none'}")


if __name__ == "__main__":
    main()
