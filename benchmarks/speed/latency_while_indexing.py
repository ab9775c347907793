"""What those who ask notice of an indexer that runs flat out into the same library.

    python -m benchmarks.speed.latency_while_indexing --data DIR

A library of some thousand passages of ``news``; this process asks it one question after another,
as the bot does. A real ``quoth index`` brings the rest of the articles and encodes them. It is
held still (SIGSTOP) and let go in turn, so that both kinds of seconds see the same machine. The
goals: a p95 at most 2.5 times that of the idle machine on 2 cores, no question that fails, and
new words found at most 2 s after their commit. Under three minutes.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from benchmarks.common.collections import temporary_library
from benchmarks.common.data import argument_parser, read_jsonl
from retrieval.answering.answerer import Answerer
from retrieval.errors import QuothError
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.searcher import LocalSearcher
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader

_LOOK = 0.02  # seconds between looks for a commit


class QuestionLoop:
    """Asks one question after another, and notes how long each took and what it could find."""

    def __init__(self, library: Path, questions: Sequence[str]) -> None:
        self._answerer = Answerer(library, load_encoder(), Reader(), 0.25)
        self._questions = questions
        self._asked = 0
        self.failures: list[str] = []
        self.found: list[tuple[float, int]] = []  # when an answer came, and what it could find

    def ask_for(self, seconds: float) -> list[float]:
        """Ask for so long; the milliseconds of each question."""
        took = []
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            question = self._questions[self._asked % len(self._questions)]
            self._asked += 1
            try:
                self._answerer.ask(question)
            except QuothError as error:
                self.failures.append(str(error))
            took.append((time.perf_counter() - began) * 1000)
            library = cast(LocalSearcher, self._answerer._library)
            self.found.append((time.perf_counter(), library.searcher.words.generation))
        return took


class CommitMonitor(threading.Thread):
    """Notes when each commit of words was first seen in the truth."""

    def __init__(self, library: Path) -> None:
        super().__init__(daemon=True)
        self._library = library
        self.seen: dict[int, float] = {}
        self.most_wal = 0
        self.end = threading.Event()

    def run(self) -> None:
        """Poll the database for new commits of words until ``end`` is set."""
        opened = LocalReader(self._library)
        log = opened.edition.truth.with_name("truth.sqlite-wal")
        while not self.end.wait(_LOOK):
            self.seen.setdefault(opened.text_generation(), time.perf_counter())
            self.most_wal = max(self.most_wal, log.stat().st_size if log.exists() else 0)
        opened.close()


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--articles", type=int, default=150, help="in the library at first")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each half of a round")
    options = parser.parse_args()
    articles = read_jsonl(options.data / "news" / "articles.jsonl.gz")
    questions = [
        row["question"] for row in read_jsonl(options.data / "news" / "questions.jsonl.gz")
    ]
    # Every n-th, so that they are of all times.
    first = articles[:: max(1, len(articles) // options.articles)]
    known = {article["id"] for article in first}
    with temporary_library(first, load_encoder()) as library:
        asker = QuestionLoop(library, questions)
        asker.ask_for(3)  # whatever is slower at first
        commits = CommitMonitor(library)
        commits.start()
        rest = [article for article in articles if article["id"] not in known]
        with _indexer(rest, library) as indexer:
            alone, beside, during = _in_turn(asker, indexer, options.rounds, options.seconds)
            indexer.send_signal(signal.SIGCONT)
            indexer.kill()
        commits.end.set()
        commits.join()
        _print(alone, beside, asker)
        _print_freshness(asker, commits, during)


def _indexer(articles: Sequence[dict[str, Any]], library: Path) -> subprocess.Popen[bytes]:
    source = library.parent / "rest.jsonl"
    rows = ({key: article.get(key) for key in ("id", "title", "date", "source", "url", "text")}
            for article in articles)  # fmt: skip
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    command = [sys.executable, "-m", "bot", "index", str(source), "--library", str(library)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _in_turn(
    asker: QuestionLoop, indexer: subprocess.Popen[bytes], rounds: int, seconds: float
) -> tuple[list[float], list[float], list[tuple[float, float]]]:
    """Ask with the indexer at work, and with it held still; and when it was at work."""
    alone: list[float] = []
    beside: list[float] = []
    during = []
    for _ in range(rounds):
        indexer.send_signal(signal.SIGCONT)
        began = time.perf_counter()
        beside += asker.ask_for(seconds)
        during.append((began, time.perf_counter()))
        if indexer.poll() is not None:
            sys.exit(f"the indexer ended (status {indexer.returncode}) before the measurement did")
        indexer.send_signal(signal.SIGSTOP)
        alone += asker.ask_for(seconds)
    return alone, beside, during


def _print(alone: Sequence[float], beside: Sequence[float], asker: QuestionLoop) -> None:
    print(f"{len(os.sched_getaffinity(0))} cores    questions   p50 ms   p95 ms")
    for name, took in (("idle", alone), ("indexing", beside)):
        print(f"{name:10} {len(took):10} {statistics.median(took):8.0f} {_p95(took):8.0f}")
    ratio = _p95(beside) / _p95(alone)
    print(f"p95 {ratio:.2f} times that of the idle machine (goal: at most 2.5)")
    print(f"questions that failed: {len(asker.failures)} (goal: 0)", *asker.failures[:3], sep="\n")


def _print_freshness(
    asker: QuestionLoop, commits: CommitMonitor, during: Sequence[tuple[float, float]]
) -> None:
    waits = []
    for generation, committed in [*commits.seen.items()][1:]:  # the first was there before
        answered = next((when for when, seen in asker.found if seen >= generation), None)
        # Not of a commit whose words the indexer was kept from bringing.
        if answered and any(a <= committed and answered <= b for a, b in during):
            waits.append(answered - committed)
    print(
        f"commits of words: {len(waits)}; from commit to an answer that could quote them:"
        f" median {statistics.median(waits):.2f} s, most {max(waits):.2f} s (goal: at most 2)"
        if waits
        else "no commit of words was seen"
    )
    print(f"the write-ahead log had {commits.most_wal / 1e6:.0f} MB at most")


def _p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


if __name__ == "__main__":
    main()
