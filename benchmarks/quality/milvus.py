"""How well a library on a Milvus server answers, beside the same in a folder.

    python -m benchmarks.quality.milvus milvus://host:port/NAME [--data DIR] [--only squad|news]
        [--questions N] [--kept DIR]

Indexes ``squad/dev`` and ``news`` into folders, moves each to the server (``quoth export`` and
``quoth import`` do the same), and asks both the same questions, every second of the collection's.
On the server they are NAME_squad and NAME_news, and stay there. The goal: article@3 within a point.
``--kept`` keeps the folders for the next run; nothing is encoded for the server.
"""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import collections
from benchmarks.common.collections import Collection, build_library, sample_evenly
from benchmarks.common.data import argument_parser
from retrieval.answering import answerer as answerer_module
from retrieval.answering.answerer import Answerer
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.evaluate import EvaluationMetrics, ask_all, compute_metrics
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.milvus.location import MilvusLocation, parse_address
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder, load_encoder
from retrieval.models.reader import Reader
from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library

_READING_SECONDS = 60.0
_HEAD = "questions  article@1     @3    @10  quote@1     @3   median      p95"


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("address")
    parser.add_argument("--only", choices=("squad", "news"))
    parser.add_argument("--questions", type=int, help="of each collection, at most")
    parser.add_argument("--kept", type=Path, help="folder to keep the libraries in")
    options = parser.parse_args()
    # How much is read decides the order; what else the machine does is not to decide it.
    answerer_module.READING_SECONDS = _READING_SECONDS
    place = parse_address(options.address)
    encoder = load_encoder()
    with TemporaryDirectory() as folder:
        kept = options.kept or Path(folder)
        print(f"{'':20}{_HEAD}")
        for name, read in (("squad", collections.squad), ("news", collections.news)):
            if options.only in (None, name):
                there = replace(place, name=f"{place.name}_{name}")
                _report(name, read(options.data), there, encoder, kept / name, options.questions)


def _report(
    name: str,
    collection: Collection,
    place: MilvusLocation,
    encoder: Encoder,
    kept: Path,
    limit: int | None,
) -> None:
    library = build_library(kept, collection.articles, encoder)
    file = kept / "exported"
    file.unlink(missing_ok=True)
    export_library(library, file, Reporter())
    import_library(file, place, Reporter(lambda problem: sys.exit(str(problem))))
    report = open_library(place).verify(Reporter())
    if not report.ok:
        sys.exit(f"{place}: {report.lines()[0]}")
    questions = sample_evenly(collection.every_second(1).questions, limit)
    shares = []
    for where, each in (("in a folder", library), ("on the server", place)):
        figures = _ask(each, questions, encoder)
        shares.append(figures.article_at_3 or 0.0)
        print(f"{name + ' ' + where:20}{_row(figures)}", flush=True)
    print(f"{name}: article@3 {100 * (shares[1] - shares[0]):+.1f} points", flush=True)


def _ask(
    place: Location, questions: Sequence[LabelledQuestion], encoder: Encoder
) -> EvaluationMetrics:
    with closing(Answerer(place, encoder, Reader(), min_confidence=0.0)) as answerer:
        outcomes = ask_all(lambda question, top: answerer.ask(question.text, top), questions)
        return compute_metrics([*outcomes], 0.0)


def _row(figures: EvaluationMetrics) -> str:
    shares = (
        (figures.article_at_1, 11),
        (figures.article_at_3, 7),
        (figures.article_at_10, 7),
        (figures.quote_at_1, 9),
        (figures.quote_at_3, 7),
    )
    row = f"{figures.questions:9}"
    row += "".join(f"{'—' if share is None else format(share, '.3f'):>{n}}" for share, n in shares)
    return f"{row}{figures.median_ms:6.0f} ms{figures.p95_ms:6.0f} ms"


if __name__ == "__main__":
    main()
