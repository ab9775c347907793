"""How soon the words of a whole archive can be searched, and how much memory indexing takes.

    python -m benchmarks.speed.bulk_indexing [--data DIR] [--articles N]

Indexes ``news/archive.jsonl.gz`` with vectors drawn at random, since only the words' time counts
(the vectors of 630,000 passages take the packaged model most of an hour on 2 cores). Printed are
the seconds until the last article could be found by its words, and until all was done, and the
most memory that the process held.
"""

import gzip
import resource
import sys
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common.data import argument_parser
from benchmarks.common.synthetic import RandomEncoder
from retrieval.ingest.index import index
from retrieval.library.local.reader import LocalReader
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--articles", type=int, help="only the first so many")
    options = parser.parse_args()
    encoder = RandomEncoder(load_encoder())
    source = options.data / "news" / "archive.jsonl.gz"
    with TemporaryDirectory() as folder:
        if options.articles:
            part = Path(folder) / "part.jsonl.gz"
            with gzip.open(source, "rb") as lines, gzip.open(part, "wb", 1) as kept:
                kept.writelines(islice(lines, options.articles))
            source = part
        began = time.perf_counter()
        stages: set[str] = set()

        def progress(stage: str, done: int, total: int) -> None:
            if stage == "Encoding" and stage not in stages:
                seconds = time.perf_counter() - began
                print(f"all found by their words after {seconds:.0f} s", flush=True)
            stages.add(stage)

        library = Path(folder) / "library"
        reporter = Reporter(lambda problem: sys.exit(str(problem)), progress)
        summary = index([source], library, encoder, reporter)
        whole = time.perf_counter() - began
        opened = LocalReader(library)
        passages = opened.state().passages
        opened.close()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{summary.added:,} articles, {passages:,} passages")
    print(f"all done after {whole:.0f} s")
    print(f"most memory held: {megabytes:,.0f} MB")


if __name__ == "__main__":
    main()
