"""Mines hard negatives: what our own search finds for each question of the training data.

    python -m training.mine [--data DIR] [--work DIR] [--every K]

Every paragraph of ``squad/train`` becomes an article of a library, and every question, or every
K-th, is asked of it. The best passages are written to ``<work>/mined.jsonl.gz``, one question a
line: ``{"question": number, "found": [[paragraph, start, end, score], …]}``, questions and
paragraphs counted in their file's order, the offsets into the paragraph's text.
"""

import gzip
import json
from pathlib import Path

from benchmarks.common.collections import temporary_library
from benchmarks.common.data import read_jsonl
from benchmarks.common.parallel import parallel_map
from retrieval.library import open as open_library
from retrieval.library.filter import Filter
from retrieval.models.encoder import load_encoder
from training.options import argument_parser

TOP_K = 24
"""Candidates of each question that are written down."""

Found = list[tuple[int, int, int, float]]


class _Miner:
    """Searches the library of paragraphs, in a process of its own."""

    def __init__(self, path: Path, numbers: dict[str, int]) -> None:
        self._encoder = load_encoder()
        self._library = open_library(path).searcher(self._encoder)
        self._numbers = numbers

    def find(self, question: str) -> Found:
        """The first ``TOP_K`` candidates: paragraph, start, end and score of each."""
        vector = self._encoder.encode_query(question)
        with self._library.snapshot():
            found = self._library.search(question, vector, Filter(), {})[:TOP_K]
            articles = self._library.articles_by_number(c.passage.article for c in found)
        rows = [(c.passage, round(c.score, 3)) for c in found]
        return [
            (self._numbers[articles[row.article].id], row.start, row.end, score)
            for row, score in rows
        ]


def main() -> None:
    """Index the paragraphs, ask each question, and write the candidates."""
    parser = argument_parser(__doc__)
    parser.add_argument("--every", type=int, default=1, help="ask one question in so many")
    options = parser.parse_args()
    folder = options.data / "squad" / "train"
    paragraphs = read_jsonl(folder / "paragraphs.jsonl.gz")
    questions = read_jsonl(folder / "questions.jsonl.gz")
    numbers = {paragraph["id"]: n for n, paragraph in enumerate(paragraphs)}
    options.work.mkdir(parents=True, exist_ok=True)
    target = options.work / "mined.jsonl.gz"
    unfinished = target.with_suffix(".unfinished")
    with temporary_library(paragraphs, load_encoder()) as path:
        chosen = range(0, len(questions), options.every)
        texts = [questions[number]["question"].strip() or "?" for number in chosen]
        mined = parallel_map(lambda: _Miner(path, numbers).find, texts)
        with gzip.open(unfinished, "wt", encoding="utf-8") as lines:
            for done, (number, found) in enumerate(zip(chosen, mined, strict=True), start=1):
                lines.write(json.dumps({"question": number, "found": found}) + "\n")
                if done % 5000 == 0:
                    print(f"{done:,} of {len(chosen):,} questions", flush=True)
    unfinished.replace(target)


if __name__ == "__main__":
    main()
