"""What the benchmarks share: the data, libraries of it, processes that are timed.

The data is not part of the project. A folder with it is each script's argument (default
``data/``, which git ignores); every file is gzipped JSON lines:

- ``squad/dev``: ``paragraphs`` (id, title, text), ``questions`` (question, answers,
  paragraph_id) and ``unanswerable`` (question). Made from SQuAD 1.1 and 2.0
  (rajpurkar.github.io/SQuAD-explorer).
- ``news``: ``articles`` (id, title, date, source, url, text) and ``questions`` (question,
  answers, article_ids, other_articles_with_answer). The questions are RealTime QA's
  (github.com/realtimeqa/realtimeqa_public).
- ``followups``: ``articles`` (id, title, text) and ``questions`` (id, conversation, turn, question,
  history, article_ids, unanswerable, answers). INSCIT's dev set
  (github.com/ellenmellon/INSCIT).
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes: the data's folder."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the data")
    return parser


def read(path: Path) -> list[dict[str, Any]]:
    """Read gzipped JSON lines; ends the program with a line where they are missing."""
    if not path.exists():
        sys.exit(f"{path}: not there; benchmarks/common/data.py tells where the data is from")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@contextmanager
def library_of(articles: Sequence[dict[str, Any]], encoder: Encoder) -> Iterator[Path]:
    """A library of these articles, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "articles.jsonl"
        with source.open("w", encoding="utf-8") as lines:
            for article in articles:
                known = {key: article.get(key) for key in ("date", "source", "url")}
                row = {"id": article["id"], "title": article["title"], "text": article["text"]}
                lines.write(json.dumps(row | known) + "\n")
        library = Path(folder) / "library"
        index([source], library, encoder, Reporter(lambda problem: sys.exit(str(problem))))
        yield library


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process.

    Attributes:
        seconds: from start to end.
        megabytes: the most memory that it held (its maximum resident set).
    """

    seconds: float
    megabytes: float


def run(command: Sequence[str]) -> Run:
    """Run a command to its end, its output thrown away."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):  # 3: not found, which takes as long
        sys.exit(f"{' '.join(command)}: exit status {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024)
