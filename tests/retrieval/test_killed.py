"""Promise 2: killed at any instant, a library opens, has what was acknowledged, and finishes."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retrieval.errors import LibraryError
from retrieval.library import Library
from retrieval.library.folder import current_edition
from tests.retrieval.collection import answerer_of, contents, mirror, truth, write_jsonl, write_txt
from tests.retrieval.encoders import ScatteredEncoder

ROOT = Path(__file__).parents[2]
KILLS = 10

# Small batches, so that there are many commits to be killed between; each commit is told to the
# parent when it is acknowledged, and not before.
CHILD = """
import contextlib, sys
from pathlib import Path
from retrieval import indexing, rebuilding
from retrieval.library import LibraryWriter
from retrieval.library.transaction import Transaction
from tests.retrieval.encoders import ScatteredEncoder

indexing._BATCH_CHARACTERS, indexing._BATCH_VECTORS, rebuilding._BATCH = 2_000, 10, 4
commit = LibraryWriter.commit

@contextlib.contextmanager
def told(self):
    with commit(self) as change:
        yield change
    print(self.edition.folder.name, change._generation, flush=True)

LibraryWriter.commit = told
what, library, articles = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
print("ready", flush=True)
if what == "index":
    indexing.index([articles], library, ScatteredEncoder(delay=0.002), indexing.Reporter())
else:
    encoder = ScatteredEncoder("another@2", delay=0.002)
    rebuilding.rebuild(library, encoder, indexing.Reporter())
"""


def text(name: str) -> str:
    """Some paragraphs that only this article has."""
    lines = (f"Line {k} of {name} tells of number{k} and {name}{k}. " * 4 for k in range(4))
    return "\n\n".join(lines)


def first_day(articles: Path) -> None:
    for n in range(24):
        write_txt(articles, f"a{n:02}", text(f"alpha{n}"))
    rows = [{"id": f"j{n}", "title": "J", "text": text(f"juliet{n}")} for n in range(8)]
    write_jsonl(articles / "j.jsonl", [*rows])


def second_day(articles: Path) -> None:
    for n in range(8):
        (articles / f"a{n:02}.txt").unlink()
    for n in range(8, 16):
        write_txt(articles, f"a{n:02}", text(f"alpha{n}") + f"\n\nAnd later, beta{n}.")
    for n in range(10):
        write_txt(articles, f"new{n}", text(f"gamma{n}"))
    rows = [{"id": f"j{n}", "title": "J", "text": text(f"juliet{n}")} for n in range(4, 9)]
    write_jsonl(articles / "j.jsonl", [*rows])


def run_and_kill(what: str, library: Path, articles: Path, delay: float | None) -> list[str]:
    """Run a child, kill it so long after it was ready, and return what it acknowledged."""
    command = [sys.executable, "-c", CHILD, what, str(library), str(articles)]
    with subprocess.Popen(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        if delay is not None:
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        told = child.stdout.read().splitlines()
        if delay is None:
            assert child.wait() == 0
    return [line for line in told if len(line.split()) == 2]


def answers(library: Path, encoder: ScatteredEncoder) -> list[list[tuple[str, int, int]]]:
    """What some questions get: the best; further down, what ties is in order of arrival."""
    answerer = answerer_of(library, encoder, 0.0)
    found = []
    for question in ("beta9?", "number3 of alpha2", "gamma4 gamma43", "juliet8", "juliet1"):
        quotes = answerer.ask(question, top=1).quotes
        found.append([(quote.article.id, quote.start, quote.end) for quote in quotes])
    answerer.close()
    return found


def check_whole(library: Path) -> None:
    """Check that the library opens, and that what it holds agrees with itself."""
    connection = truth(library)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    waiting = connection.execute(
        "SELECT count(*) FROM passages WHERE digest NOT IN (SELECT digest FROM vectors)"
        " AND digest NOT IN (SELECT digest FROM pending)"
    )
    assert waiting.fetchone() == (0,)  # none forgotten
    connection.close()


def instants(seconds: float) -> list[float]:
    """Instants all over a run: one at random in each of as many stretches."""
    moments = random.Random()  # noqa: S311 - not for secrets
    return [seconds * (n + moments.random()) / KILLS for n in range(KILLS)]


def test_killed_while_indexing_an_empty_library(
    tmp_path: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    first_day(articles)
    began = time.perf_counter()
    run_and_kill("index", tmp_path / "whole", articles, None)
    seconds = time.perf_counter() - began - 0.6
    wanted = contents(tmp_path / "whole")
    for n, delay in enumerate(instants(max(seconds, 0.2))[::2]):
        library = tmp_path / f"killed{n}"
        told = run_and_kill("index", library, articles, delay)
        try:
            opened = Library(library)
        except LibraryError as error:
            assert not told, f"acknowledged {told}, but: {error}"
        else:
            assert opened.generation() >= int(told[-1].split()[1] if told else 0)
            opened.close()
            check_whole(library)
            answers(library, scattered)
        mirror(library, scattered, articles)
        assert contents(library) == wanted
        assert answers(library, scattered) == answers(tmp_path / "whole", scattered)


@pytest.fixture
def grown(tmp_path: Path, articles: Path, scattered: ScatteredEncoder) -> Path:
    """A library of the first day; the files are of the second."""
    first_day(articles)
    mirror(tmp_path / "first", scattered, articles)
    second_day(articles)
    return tmp_path / "first"


def test_killed_while_updating(
    tmp_path: Path, articles: Path, grown: Path, scattered: ScatteredEncoder
) -> None:
    shutil.copytree(grown, tmp_path / "whole")
    began = time.perf_counter()
    run_and_kill("index", tmp_path / "whole", articles, None)
    seconds = time.perf_counter() - began - 0.6
    wanted = contents(tmp_path / "whole")
    for n, delay in enumerate(instants(max(seconds, 0.2))):
        library = tmp_path / f"killed{n}"
        shutil.copytree(grown, library)
        told = run_and_kill("index", library, articles, delay)
        check_whole(library)
        opened = Library(library)
        assert opened.generation() >= int(told[-1].split()[1] if told else 0)
        for number in opened.article_numbers():
            opened.articles_by_number([number])  # each text and its hash
        opened.close()
        answers(library, scattered)
        mirror(library, scattered, articles)
        assert contents(library) == wanted
        assert answers(library, scattered) == answers(tmp_path / "whole", scattered)


def test_killed_while_rebuilding(
    tmp_path: Path, articles: Path, grown: Path, scattered: ScatteredEncoder
) -> None:
    before, answered = contents(grown), answers(grown, scattered)
    shutil.copytree(grown, tmp_path / "whole")
    began = time.perf_counter()
    run_and_kill("rebuild", tmp_path / "whole", articles, None)
    seconds = time.perf_counter() - began - 0.6
    rebuilt = contents(tmp_path / "whole")
    assert rebuilt["articles"] == before["articles"]
    for n, delay in enumerate(instants(max(seconds, 0.2))[::2]):
        library = tmp_path / f"killed{n}"
        shutil.copytree(grown, library)
        run_and_kill("rebuild", library, articles, delay)
        if current_edition(library).folder.name == "1":
            assert contents(library) == before  # the old one, and whole
            assert answers(library, scattered) == answered
            run_and_kill("rebuild", library, articles, None)
        assert contents(library) == rebuilt
        assert {p.name for p in library.iterdir() if p.name.isdigit()} <= {"1", "2"}
