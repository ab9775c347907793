"""Killed at any instant, a sync loses nothing that it acknowledged, and the next one goes on."""

import random
import shutil
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from retrieval.errors import LibraryError
from retrieval.library.local.reader import LocalReader
from tests.retrieval.ingest.web.conftest import Shelf
from tests.support.articles import contents, truth
from tests.support.site_server import Reply, Site, item, rss, send

ROOT = Path(__file__).parents[4]
KILLS = 4
ARTICLES = 12

CHILD = """
import contextlib, sys
from pathlib import Path
from retrieval.ingest.web.feed_sync import sync
from retrieval.ingest.web.fetcher import Limits
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from tests.support.encoders import ReadableEncoder

commit = LocalWriter.commit

@contextlib.contextmanager
def told(self):
    with commit(self) as change:
        yield change
    rows = self._connection.execute("SELECT count(*) FROM articles").fetchone()
    print("articles", rows[0], flush=True)

LocalWriter.commit = told
print("ready", flush=True)
sync([], Path(sys.argv[1]), ReadableEncoder(delay=0.02), Reporter(), allow_private=True,
     force=True, limits=Limits(pause=0.02))
"""


def run(library: Path, delay: float | None) -> int:
    """Sync in a process of its own, killed so long after it began; articles acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(library)],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        if delay is not None:
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        told = child.stdout.read().splitlines()
        if delay is None:
            assert child.wait() == 0
    return max((int(line.split()[1]) for line in told if line.count(" ") == 1), default=0)


def stored(library: Path) -> dict[str, list[object]]:
    """What the library holds, and what it knows of each item, less when."""
    found = contents(library)
    connection = truth(library)
    items = connection.execute(
        "SELECT guid, canonical, wanted, taken, article, failures FROM feed_items"
    )
    found["items"] = sorted(items, key=repr)
    connection.close()
    return found


def test_a_killed_sync_loses_nothing_and_the_next_goes_on(site: Site, shelf: Shelf) -> None:
    links = [
        site.page(f"/{n}", f"Line {n} of the tram opened on day {n}. " * 5) for n in range(ARTICLES)
    ]
    body = rss(*(item(link, f"g{n}") for n, link in enumerate(links)))
    site.pages["/feed"] = Reply(body.encode(), headers={"ETag": '"1"'})
    shelf.follow(f"{site.address}/feed")
    shutil.copytree(shelf.library, shelf.library.parent / "whole")
    began = time.perf_counter()
    assert run(shelf.library.parent / "whole", None) == ARTICLES
    seconds = max(0.2, time.perf_counter() - began - 0.6)
    wanted = stored(shelf.library.parent / "whole")
    moments = random.Random()  # noqa: S311 - not for secrets
    for n in range(KILLS):
        library = shelf.library.parent / f"killed{n}"
        shutil.copytree(shelf.library, library)
        acknowledged = run(library, seconds * (n + moments.random()) / KILLS)
        connection = truth(library)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
        assert count >= acknowledged
        # Of each item, both the article and what is known of it are in, or neither.
        taken = "SELECT count(*) FROM feed_items JOIN articles ON id = article WHERE taken = wanted"
        assert connection.execute(taken).fetchone()[0] == count
        connection.close()
        fetched = len(site.requests)
        run(library, None)
        assert len(site.requests) - fetched == 1 + ARTICLES - count  # not one of them again
        assert stored(library) == wanted


def test_a_sync_waits_for_another_writer(site: Site, shelf: Shelf) -> None:
    shelf.follow(site.feed("/feed", item(site.page("/tram", "The tram runs again. " * 20))))
    code = (
        "import sys, time; from pathlib import Path\n"
        "from retrieval.library.local.writer import LocalWriter\n"
        "with LocalWriter(Path(sys.argv[1])): print('held', flush=True); time.sleep(3)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(shelf.library)], cwd=ROOT, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline() == b"held\n"
        assert shelf.sync().added == 1


def test_nobody_is_kept_from_writing_while_the_network_is_waited_for(
    site: Site, shelf: Shelf
) -> None:
    shelf.follow(site.feed("/feed"))
    code = (
        "import sys; from pathlib import Path\n"
        "from retrieval.library.local.writer import LocalWriter\n"
        "with LocalWriter(Path(sys.argv[1])): print('written')"
    )
    said = []

    def slow(request: BaseHTTPRequestHandler) -> None:
        command = [sys.executable, "-c", code, str(shelf.library)]
        said.append(subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout)
        request.send_error(404)

    site.feed("/feed", item(f"{site.address}/slow"))
    site.pages["/slow"] = slow
    shelf.sync()
    assert said[0] == b"written\n"


def test_a_library_that_is_gone_is_told(shelf: Shelf) -> None:
    with pytest.raises(LibraryError, match="no library there; run: quoth index"):
        shelf.sync()
    assert not shelf.library.exists()


def test_the_truth_is_read_while_pages_come(site: Site, shelf: Shelf) -> None:
    """Asking never waits for syncing: each page is there once it was committed."""
    seen = []

    def watch() -> None:
        library = LocalReader(shelf.library)
        with library.snapshot() as state:
            seen.append(state.articles)
        library.close()

    links = [site.page(f"/{n}", f"Line {n} of the tram opened. " * 9) for n in range(3)]
    shelf.follow(site.feed("/feed", *(item(link, f"g{n}") for n, link in enumerate(links))))
    for link in links:
        path = link.removeprefix(site.address)
        reply = site.pages[path]
        assert isinstance(reply, Reply)

        def watched(request: BaseHTTPRequestHandler, reply: Reply = reply) -> None:
            watch()
            send(request, reply)

        site.pages[path] = watched
    shelf.sync()
    assert seen == [0, 1, 2]
