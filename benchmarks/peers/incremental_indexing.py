"""Adding one article to a large library: Quoth beside LangChain (FAISS) and txtai, in turn.

    python -m benchmarks.peers.incremental_indexing --environment DIR [--data DIR]
        [--passages N] [--articles N]

The same passages of ``news`` with the same vectors are given to all three, so that nothing but
what is added is encoded; most vectors are made of real ones (``benchmarks/common/synthetic.py``).
Then articles are added to each in turn, in a process that stays, each kept on the disk before the
next; the median is told. ``--environment`` is that of ``benchmarks/peers/comparison.py``.
LlamaIndex and Haystack keep their stores as one JSON file; at this size they would only be slower
than they are there.
"""

import json
import sys
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.common.data import argument_parser
from benchmarks.common.synthetic import (
    SyntheticEncoder,
    passage_texts,
    real_articles,
    write_articles,
)
from benchmarks.peers.environment import make
from benchmarks.peers.processes import RunningTool, run
from benchmarks.peers.table import QUOTH
from retrieval.ingest.index import index
from retrieval.library.local.reader import LocalReader
from retrieval.library.progress import Reporter
from retrieval.models.encoder import DEFAULT_MODEL, load_encoder
from retrieval.models.encoder.loader import local_folder

RUNNERS = {"LangChain": "langchain", "txtai": "txtai"}
ENCODED = 4_096  # passages with real vectors, of which the others are made
PAUSE = 0.05  # seconds after an article, in which threads come to rest
_SKIPPED = 20_000  # articles before those that are added


def fill(folder: Path, data: Path, passages: int) -> int:
    """Make Quoth's library, and files of the same texts and vectors; returns how many there are."""
    encoder = SyntheticEncoder(load_encoder(), data, folder / "made", ENCODED)
    write_articles(folder / "articles", data, passages)
    index([folder / "articles"], folder / "library", encoder, Reporter(lambda p: sys.exit(str(p))))
    with closing(LocalReader(folder / "library")) as library, library.snapshot() as state:
        count = state.passages
    texts = list(islice(passage_texts(real_articles(data)), count))
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    np.save(folder / "vectors.npy", encoder.encode_passages(texts))
    return count


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--environment", type=Path, required=True, help="where the peers are kept")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=9, help="to add")
    options = parser.parse_args()
    python, model = make(options.environment), str(local_folder(DEFAULT_MODEL))
    articles = [*islice(real_articles(options.data), _SKIPPED, _SKIPPED + options.articles)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        count = fill(folder, options.data, options.passages)
        commands = {QUOTH: [sys.executable, "-m", "benchmarks.peers.quoth", "serve"]}
        for peer, runner in RUNNERS.items():
            base = [python, "-m", f"benchmarks.peers.{runner}"]
            place = str(folder / runner)
            files = [str(folder / "texts.json"), str(folder / "vectors.npy")]
            filled = run([*base, "fill", model, place, *files])
            print(f"{peer} filled in {filled.seconds:.0f} s", file=sys.stderr, flush=True)
            commands[peer] = [*base, "serve", model, place]
        commands[QUOTH].append(str(folder / "library"))
        running = {name: RunningTool(command) for name, command in commands.items()}
        for process in running.values():
            process.hear()
        times: dict[str, list[float]] = {name: [] for name in running}
        for article in articles:
            for name, process in running.items():
                times[name].append(process.add(article))
                time.sleep(PAUSE)
        for process in running.values():
            process.finish()
    print(f"{count:,} passages, {len(articles)} articles added\n")
    print("| | median ms | Quoth takes, of this |\n|---|---|---|")
    for name, took in times.items():
        of = median(ours / theirs for ours, theirs in zip(times[QUOTH], took, strict=True))
        print(f"| {name} | {median(took) * 1000:.0f} | {of:.3f} |")


if __name__ == "__main__":
    main()
