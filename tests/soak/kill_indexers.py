"""Kills indexers at random instants, and looks whether anything that was promised is lost.

Each run is a process of its own that works on a real library (SQLite, tantivy, FAISS) until it is
killed with SIGKILL: an indexing run that adds, updates and removes, into no library or into one; a
rebuild, with the same encoder or another; rollbacks; many small runs, so that the index of words
merges its segments; writes of the vector index's file; a repair of a library that was damaged just
before; removals; articles put in transactions, as pages and uploads are; an import. After each:

- the library opens, and its texts are found by their words;
- what was acknowledged is there, and what was there before a rebuild or rollback still is;
- ``verify`` finds nothing wrong; after a repair, which may not have come to the damage yet, a
  second repair leaves nothing wrong;
- the next run completes, and then the library holds what the files do, nothing waits, and nothing
  is left over.

What a killed run leaves for the next to see to is not wrong: an index of words that is behind, an
edition that is not finished, files that are not.
"""

import argparse
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import QuothError
from retrieval.ingest.index import index
from retrieval.library.filter import Filter
from retrieval.library.local import folder
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.rebuild import rebuild
from retrieval.library.local.verify.check import verify
from retrieval.library.local.verify.repair import repair
from retrieval.library.progress import Reporter
from tests.soak.killed_libraries import ENCODERS, RandomCorpus
from tests.soak.killed_processes import (
    KINDS,
    AcknowledgedCommit,
    ChildMessage,
    PerIdentityEncoder,
    Workload,
    run,
)

_PATIENCE = 120  # seconds for a child to finish; only a hanging one takes so long


@dataclass(slots=True)
class KillReport:
    """What came of the kills.

    Attributes:
        kills: how many processes were killed while they worked.
        instants: by the kind of work and what it was doing then, how many.
        failures: a line each.
    """

    kills: int = 0
    instants: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def kill(kills: int, seed: int, files: int = 20, each: int = 30) -> KillReport:
    """Kill so many processes, one after the other, and check what each leaves.

    Args:
        kills: how many.
        seed: of all that is left to chance but the instant as the machine sees it.
        files: how many files with articles there are.
        each: how many articles are in each.
    """
    outcome = KillReport()
    with tempfile.TemporaryDirectory() as place:
        shelf = RandomCorpus(Path(place), files, each, seed)
        index([shelf.articles], shelf.library, PerIdentityEncoder(ENCODERS[0]), Reporter())
        seconds = {what: _Run(shelf, what).finish() for what in KINDS}
        while outcome.kills < kills and not outcome.failures:
            what = [*KINDS][outcome.kills % len(KINDS)]
            this = _Run(shelf, what)
            if this.kill(shelf.chance.uniform(0, seconds[what])):
                outcome.kills += 1
                outcome.instants[what, this.doing] += 1
            else:  # it was faster than expected
                seconds[what] *= 0.9
            outcome.failures += [
                f"kill {outcome.kills} ({what}, {this.doing}): {line}" for line in this.failures()
            ]
    return outcome


class _Run:
    """One process that works on a shelf until it ends or is killed."""

    def __init__(self, shelf: RandomCorpus, what: str) -> None:
        self._shelf, self._what = shelf, what
        self._told: list[ChildMessage] = []
        self._before: dict[str, dict[str, str]] = {}
        self._prepare()
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.soak.killed_processes"])
        self._pipe, theirs = context.Pipe(duplex=False)
        self._child = context.Process(target=run, args=(what, self._work, theirs))
        self._child.start()
        theirs.close()
        if self._pipe.recv() != "ready":
            raise RuntimeError("the child does something else")
        self._began = time.perf_counter()

    def finish(self) -> float:
        """Let it end; how many seconds it took."""
        self._drain()
        seconds = time.perf_counter() - self._began
        if failures := self.failures():
            raise RuntimeError(f"{self._what}, not killed: {failures[0]}")
        return seconds

    def kill(self, delay: float) -> bool:
        """Kill it so many seconds after it began; False if it had ended by then."""
        time.sleep(delay)
        self._child.kill()
        self._drain()
        return self._child.exitcode != 0

    @property
    def doing(self) -> str:
        """What it was doing when it ended."""
        last = self._told[-1] if self._told else "begun"
        if isinstance(last, AcknowledgedCommit):
            return "after a commit"
        return "went back" if last.startswith("went back") else last.lower()

    def failures(self) -> list[str]:
        """What is not as it was promised to be; and the next run."""
        try:
            return [*self._failures()]
        except (QuothError, sqlite3.Error) as error:
            return [f"{type(error).__name__}: {error}"]
        finally:
            if self._what == "first index":
                shutil.rmtree(self._work.library)

    # Before

    def _prepare(self) -> None:
        shelf = self._shelf
        library, encoder = shelf.library, shelf.encoder
        if self._what in ("index", "compaction", "vector file", "transactions"):
            shelf.edit()
        elif self._what == "first index":
            library = shelf.library.with_name("first")
        elif self._what == "rebuild":
            encoder = PerIdentityEncoder(shelf.chance.choice(ENCODERS))
        elif self._what == "rollback" and not folder.editions(library).previous:
            rebuild(library, PerIdentityEncoder(shelf.chance.choice(ENCODERS)), Reporter())
            shelf.edit()
            index([shelf.articles], library, shelf.encoder, Reporter())
        elif self._what == "repair":
            shelf.damage()
        self._work = Workload(library, shelf.articles, encoder)
        if folder.exists(library):
            there = folder.editions(library)
            for edition in (there.current, there.previous):
                if edition:
                    self._before[edition.name] = shelf.held(edition)
            self._current = there.current.name

    # After

    def _drain(self) -> None:
        """Take what was told until it ended."""
        try:
            while self._pipe.poll(_PATIENCE):
                self._told.append(self._pipe.recv())
        except EOFError:
            pass
        self._child.join(_PATIENCE)
        self._pipe.close()

    def _failures(self) -> Any:
        shelf, library = self._shelf, self._work.library
        if self._child.exitcode not in (0, -9):
            yield f"the process failed with {self._child.exitcode}"
        commits = [each for each in self._told if isinstance(each, AcknowledgedCommit)]
        opened = True
        try:
            LocalReader(library).close()
        except QuothError as error:
            opened = False
            if commits or self._what != "first index":
                yield f"it does not open: {error}"
        if opened:
            current = folder.current_edition(library)
            yield from self._lost(current, commits)
            if self._what == "repair":
                yield from repair(library, self._work.encoder, Reporter()).after.lines()
            yield from (f"after it: {line}" for line in verify(library, Reporter()).lines())
            yield from self._unfound(library)
        encoder = shelf.encoder if self._what != "first index" else self._work.encoder
        index([shelf.articles], library, encoder, Reporter())
        report = verify(library, Reporter())
        yield from (f"after the next run: {line}" for line in report.lines())
        yield from (f"left over after the next run: {line}" for line in report.left_over)
        if report.checked["waiting"]:
            yield f"{report.checked['waiting']} passages wait after the next run"
        if shelf.held(folder.current_edition(library)) != shelf.wanted:
            yield "the next run did not bring the library in step with the files"

    def _lost(self, current: folder.Edition, commits: list[AcknowledgedCommit]) -> Any:
        """What was acknowledged, or there before, and is not there."""
        held = self._shelf.held(current)
        if self._what == "rebuild" and held != self._before[self._current]:
            yield "the articles are not those from before the rebuild"
        if self._what == "rollback" and held != self._before.get(current.name):
            yield f"edition {current.name} does not hold what it held"
        if self._what in ("rebuild", "rollback", "repair"):
            return
        put: dict[str, str | None] = {}
        for commit in commits:
            put |= commit.put | dict.fromkeys(commit.removed)
        missing = [article for article, text in put.items() if text and article not in held]
        if missing:
            yield f"{len(missing)} articles were acknowledged and are not there"
        with closing(LocalReader(self._work.library)) as library:
            if commits and library.generation() < commits[-1].generation:
                yield f"commit {commits[-1].generation} was acknowledged and is not there"

    def _unfound(self, path: Path) -> Any:
        """Ask for an article by its words, as a bot would."""
        with closing(LocalReader(path)) as library, library.snapshot():
            numbers = library.article_numbers()
            if not numbers:
                return
            number = self._shelf.chance.choice(numbers)
            article = library.articles_by_number([number])[number]
            searcher = HybridSearch(library, self._work.encoder.dimension)
            searcher.catch_up()
            question = article.text.split(" of ")[0]
            vector = np.asarray(self._work.encoder.encode_query(question))
            found = searcher.search(question, vector, Filter())
            if not any(each.passage.article == number for each in found):
                yield f"{question} is not found by its words"


def main() -> None:
    """Kill, and tell what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="how many processes to kill")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10_000, help="of the chances")
    options = parser.parse_args()
    outcome = kill(options.kills, options.seed)
    print(f"{outcome.kills} killed, seed {options.seed}")
    for (what, doing), count in sorted(outcome.instants.items()):
        print(f"{count:5}  {what}, {doing}")
    for line in outcome.failures:
        print(line)
    sys.exit(1 if outcome.failures else 0)


if __name__ == "__main__":
    main()
