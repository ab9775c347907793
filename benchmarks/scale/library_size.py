"""Quoth at 1,000 to 5,000,000 passages: time, memory, recall and disk, as the library grows.

    python -m benchmarks.scale.library_size --cache DIR [--data DIR] [--sizes N...] [--questions N]
        [--plot FILE]

Libraries are made in ``--cache``, a folder outside the repository, and kept there, so that a second
run only asks: 5,000,000 passages take some 18 GB. ``benchmarks/common/synthetic.py`` says which
articles and vectors are real. Each size is measured in processes of its own:

- *index*: the whole of ``quoth index``, but for the encoder, and the most memory it held (some 100
  MB of it are the made vectors');
- *cold*: ``quoth ask``, the whole process, the median of five after one that brings files in;
- *search*, *answer*: medians over questions of ``news`` in one process, without and with the
  reader, and the memory that the process holds after them (``quoth serve`` holds the same, and
  what Discord takes);
- *recall*: of the first 20 by all vectors, and of those by all words, the share that each half
  of the search finds;
- *add*, *remove*: an article of 800 words, which is encoded, and the same article again;
- *disk*: bytes a passage in the truth, the index of words and that of vectors.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.common.data import argument_parser, read_jsonl
from benchmarks.common.process import run_process
from benchmarks.common.synthetic import SyntheticEncoder, real_articles, write_articles
from benchmarks.scale.recall import exact_scores, recall_at
from retrieval.answering.answerer import Answerer
from retrieval.ingest.index import index
from retrieval.library.filter import Bounds
from retrieval.library.fusion import DEPTH
from retrieval.library.local.folder import current_edition
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.indexes.words import WordIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader

SIZES = (1_000, 10_000, 100_000, 630_000, 5_000_000)
ENCODED = 95_274  # real vectors: of the articles that the questions are about
COLD = 5
WORDS = 800  # of the added article
TOP = 20

SizeMeasurements = dict[str, Any]


def write(chosen: Namespace, size: int) -> SizeMeasurements:
    """Write the articles."""
    write_articles(chosen.cache / f"{size}.articles", chosen.data, size)
    return {}


def make(chosen: Namespace, size: int) -> SizeMeasurements:
    """Index them; a run that was killed is gone on with."""
    encoder = SyntheticEncoder(load_encoder(), chosen.data, chosen.cache, ENCODED)
    source = chosen.cache / f"{size}.articles"
    began = time.perf_counter()
    index([source], chosen.cache / f"{size}", encoder, _reporter())
    took = time.perf_counter() - began
    shutil.rmtree(source)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"index_s": took, "index_mb": peak}


def ask(chosen: Namespace, size: int) -> SizeMeasurements:
    """Ask in one process that stays."""
    began = time.perf_counter()
    answerer = Answerer(chosen.cache / f"{size}", load_encoder(), Reader(), 0.5)
    questions = [row["question"] for row in read_jsonl(chosen.data / "news" / "questions.jsonl.gz")]
    questions = questions[:: max(1, len(questions) // chosen.questions)]
    answerer.ask(questions[0])
    opened = time.perf_counter() - began
    for question in questions[1:11]:  # bring in what every question needs
        answerer.ask(question)
    timings = [answerer.ask(question).timings_ms for question in questions]
    search = [each.search for each in timings]
    answerer.close()
    return {
        "open_ms": opened * 1000,
        "search_ms": median(search),
        "search_p95_ms": quantiles(search, n=20)[-1],
        "answer_ms": median(each.total for each in timings),
        "serve_mb": _resident(),
    }


def recall(chosen: Namespace, size: int) -> SizeMeasurements:
    """Compare the index of vectors with all vectors, and that of words with all words."""
    encoder = load_encoder()
    questions = [row["question"] for row in read_jsonl(chosen.data / "news" / "questions.jsonl.gz")]
    questions = questions[:: max(1, len(questions) // chosen.questions)]
    asked = np.concatenate([encoder.encode_query(question) for question in questions])
    with closing(LocalReader(chosen.cache / f"{size}")) as opened, opened.snapshot() as state:
        searcher = HybridSearch(opened, encoder.dimension)
        searcher.catch_up()
        times, found = [], []
        for vector in asked:
            began = time.perf_counter()
            found.append(searcher.vectors.search(vector[None], DEPTH, None).scores[:TOP])
            times.append(time.perf_counter() - began)
        nearest = exact_scores(opened, asked, TOP)
        all_words = WordIndex(opened.edition.words, postings=sys.maxsize)
        by_all = [all_words.search(question, TOP, Bounds()).scores for question in questions]
        by_words = [searcher.words.search(each, DEPTH, Bounds()).scores for each in questions]
    return {
        "passages": state.passages,
        "recall": recall_at(found, [*nearest]),
        "words_recall": recall_at(by_words, by_all),
        "vectors_ms": median(times) * 1000,
    }


def change(chosen: Namespace, size: int) -> SizeMeasurements:
    """Add an article, and remove it."""
    encoder = load_encoder()
    there = chosen.cache / f"{size}"
    row = next(row for row in real_articles(chosen.data) if len(row["text"].split()) >= WORDS)
    added: list[float] = []
    removed: list[float] = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "article.jsonl"
        for number in range(4):
            text = f"{number}. " + " ".join(row["text"].split(" ")[:WORDS])
            # Under another title, so that no passage of it has been encoded before.
            new = {**row, "id": "added", "title": f"Added, {number}", "text": text}
            file.write_text(json.dumps(new) + "\n", "utf-8")
            for times in (added, removed):
                began = time.perf_counter()
                index([file.parent], there, encoder, _reporter())
                times.append(time.perf_counter() - began)
                file.unlink(missing_ok=True)
    return {"add_ms": median(added[1:]) * 1000, "remove_ms": median(removed[1:]) * 1000}


def cold(chosen: Namespace, size: int) -> SizeMeasurements:
    """Ask in processes that end; and what the library takes on the disk."""
    there = chosen.cache / f"{size}"
    command = [sys.executable, "-m", "bot", "ask", "what did the court rule?", "--library"]
    runs = [run_process([*command, str(there)]) for _ in range(COLD + 1)][1:]
    edition = current_edition(there)
    truth = sum(path.stat().st_size for path in edition.folder.glob("truth.sqlite*"))
    return {
        "cold_s": median(each.seconds for each in runs),
        "cold_mb": max(each.megabytes for each in runs),
        "truth_bytes": truth,
        "words_bytes": _bytes(edition.words),
        "vectors_bytes": _bytes(edition.vectors),
    }


STAGES = {stage.__name__: stage for stage in (write, make, change, cold, ask, recall)}


def _reporter() -> Reporter:
    return Reporter(lambda problem: sys.exit(str(problem)))


def _resident() -> float:
    """Megabytes that this process holds, mapped files included."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _measured(chosen: Namespace, size: int) -> SizeMeasurements:
    """All figures of a size; how it was made is remembered beside it."""
    made = chosen.cache / f"{size}.json"
    if not made.exists():
        _run(write, size)
        made.write_text(json.dumps(_run(make, size)), "utf-8")
    figures: SizeMeasurements = json.loads(made.read_text("utf-8"))
    for stage in (change, cold, ask, recall):
        figures |= _run(stage, size)
    return figures


def _run(stage: Callable[[Namespace, int], SizeMeasurements], size: int) -> SizeMeasurements:
    """Run a stage in a process of its own."""
    script = [sys.executable, "-m", "benchmarks.scale.library_size", *sys.argv[1:]]
    print(f"{size:,} passages: {stage.__name__}", file=sys.stderr)
    done = subprocess.run(
        [*script, "--one", str(size), "--stage", stage.__name__],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures: SizeMeasurements = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="where libraries are kept")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="in passages")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--plot", type=Path, help="a picture of the growth")
    parser.add_argument("--one", type=int, help="measure one stage of one size, in this process")
    parser.add_argument("--stage", choices=STAGES)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(STAGES[chosen.stage](chosen, chosen.one)))
        return
    # Imported here because a stage needs no picture.
    from benchmarks.scale.report import draw, table

    found = {size: _measured(chosen, size) for size in chosen.sizes}
    print(table(found))
    if chosen.plot:
        draw(chosen.plot, found)


if __name__ == "__main__":
    main()
