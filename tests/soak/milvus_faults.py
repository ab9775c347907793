"""Kills a Milvus server while it is written and asked, and looks whether anything is lost.

    QUOTH_TEST_MILVUS=…/milvus-server python -m tests.soak.milvus_faults [--kind milvus]
        [--articles 1600] [--rounds 3]

Starts a server of its own (``tests/support/milvus_servers.py`` tells which programs; Milvus 2.3.5
listens on every interface, so give it a network of its own: ``.ci/milvus`` shows how).

Rounds: an indexer writes, this process asks, and the server is killed with SIGKILL at a random
instant. The indexer and every question then end with "the library can't be reached"; the server is
started again, and a question is answered within 60 seconds by itself; what was listed before is
there. At the end the indexer finishes, all articles are there once, and ``verify`` finds nothing.

Then two indexers at once into an empty library, and one who asks: no article is missing, none is
there twice, and how long a question takes beside them.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from retrieval.answering.answerer import Answerer
from retrieval.documents.passages import split_into_passages
from retrieval.errors import LibraryError, QuothError
from retrieval.library import open as open_library
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.progress import Reporter
from retrieval.models.reader import Reader
from tests.support.articles import write_jsonl
from tests.support.encoders import ScatteredEncoder
from tests.support.indexers import indexer, rows
from tests.support.milvus_servers import PROGRAMS, TestServer, is_there

_QUESTION = "Which paragraph tells of the river?"
_BACK = 60.0  # seconds within which questions are to be answered again
_AWAY = "the library can't be reached"
_FILES = 8


class QuestionThread(threading.Thread):
    """Asks the same question over and over.

    Attributes:
        took: when each answer came, and how many milliseconds it had taken.
        failures: when a question failed, and with what line.
    """

    def __init__(self, place: MilvusLocation) -> None:
        super().__init__(daemon=True)
        self.took: list[tuple[float, float]] = []
        self.failures: list[tuple[float, str]] = []
        self._place = place
        self._ending = threading.Event()

    def run(self) -> None:
        """Ask until ``end``."""
        with closing(Answerer(self._place, ScatteredEncoder(), Reader(), 0.0)) as answerer:
            while not self._ending.is_set():
                began = time.monotonic()
                try:
                    answerer.ask(_QUESTION)
                    now = time.monotonic()
                    self.took.append((now, (now - began) * 1000))
                except QuothError as error:
                    self.failures.append((time.monotonic(), str(error)))
                self._ending.wait(0.1)

    def end(self) -> None:
        """Stop it."""
        self._ending.set()
        self.join()

    def answered_since(self, moment: float) -> float | None:
        """Seconds from then to the first answer to what was asked after it."""
        return next((at - moment for at, took in self.took if at - took / 1000 > moment), None)


def main() -> None:
    """Run it all, print, and fail where something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", choices=[*PROGRAMS], default="milvus")
    parser.add_argument("--articles", type=int, default=1_600)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if not is_there(chosen.kind):
        sys.exit(f"{PROGRAMS[chosen.kind]} is not set; it names the server's program")
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles")
        each = -(-chosen.articles // _FILES)
        for n in range(_FILES):
            named = [{**row, "id": f"{n}-{row['id']}"} for row in rows(each)]
            write_jsonl(articles / f"{n}.jsonl", named)
        server = TestServer(chosen.kind, Path(folder, "server"))
        server.start()
        try:
            _kill(server, articles, each * _FILES, chosen.rounds)
            _two(server, articles, each * _FILES)
        finally:
            server.remove()


def _kill(server: TestServer, articles: Path, count: int, rounds: int) -> None:
    place = MilvusLocation("127.0.0.1", server.port, "killed")
    chance = random.Random(0)  # noqa: S311 - no secret
    asker: QuestionThread | None = None
    for n in range(rounds):
        working = indexer(place, articles)
        for line in working.stdout or ():
            if line.startswith("Encoding"):
                break
        rest = threading.Thread(target=list, args=[working.stdout], daemon=True)
        rest.start()  # or the pipe would be full one day
        if asker is None:
            asker = QuestionThread(place)
            asker.start()
        time.sleep(chance.uniform(2, 10))
        before = _listed(place)
        server.kill()
        killed = time.monotonic()
        said = (working.stderr.read() if working.stderr else "").strip()
        status = working.wait()
        ended = time.monotonic() - killed
        time.sleep(2)
        server.start()
        back = time.monotonic()
        while (again := asker.answered_since(back)) is None:
            _check(time.monotonic() - back < _BACK, "it is back, and no question is answered")
            time.sleep(0.2)
        _check(status == 1 and said.count("\n") == 0 and _AWAY in said, f"the indexer said: {said}")
        lost = before - _listed(place)
        _check(not lost, f"{len(lost)} articles that were listed are lost")
        print(
            f"round {n + 1}: {len(before)} articles in, server killed; the indexer said so after"
            f" {ended:.1f} s; answered again {again:.1f} s after it was back; none lost",
            flush=True,
        )
    if asker:
        asker.end()
        others = {line for _, line in asker.failures if _AWAY not in line}
        _check(not others, f"a question failed with: {others}")
        print(f"{len(asker.took)} answers, and {len(asker.failures)} times: {_AWAY}")
    last = indexer(place, articles)
    _check(last.communicate(timeout=300)[1] == "" and last.returncode == 0, "the last run failed")
    _whole(place, count, articles)


def _two(server: TestServer, articles: Path, count: int) -> None:
    place = MilvusLocation("127.0.0.1", server.port, "shared")
    both = [indexer(place, articles) for _ in range(2)]
    for line in both[0].stdout or ():
        if line.startswith("Encoding"):
            break
    asker = QuestionThread(place)
    asker.start()
    done = [json.loads(each.communicate(timeout=300)[0].splitlines()[-1]) for each in both]
    busy = [took for _, took in asker.took]
    time.sleep(10)
    asker.end()
    idle = [took for _, took in asker.took[len(busy) :]]
    _check(not asker.failures, f"a question failed: {asker.failures[:1]}")
    _check(sum(added for added, _, _ in done) == count, f"added: {done}")
    print(f"two indexers: {done[0][0]} + {done[1][0]} articles added, {count} there are")
    print(f"asking beside them: {_times(busy)}; then: {_times(idle)}")
    _whole(place, count, articles)


def _whole(place: MilvusLocation, count: int, articles: Path) -> None:
    report = open_library(place).verify(Reporter())
    _check(report.ok, f"verify: {report.lines()}")
    passages = sum(
        len(split_into_passages(json.loads(line)["text"]))
        for file in articles.iterdir()
        for line in file.read_text().splitlines()
    )
    state = open_library(place).status().state
    found = (len(_listed(place)), state.articles, state.passages)
    _check(found == (count, count, passages), f"{found}, not {count} and {passages}")
    print(f"all {count} articles and {passages} passages are there, once; verify finds nothing")


def _listed(place: MilvusLocation) -> set[str]:
    with closing(open_library(place).reader()) as library, library.snapshot():
        return {each[0] for each in library.list_articles()}


def _times(took: Sequence[float]) -> str:
    p50, p95 = np.percentile(took, [50, 95])
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(took)}"


def _check(fine: bool, wrong: str) -> None:
    if not fine:
        raise LibraryError(wrong)


if __name__ == "__main__":
    main()
