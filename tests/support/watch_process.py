"""A watch in a process of its own, and what it says, for the tests."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]

CHILD = """
import sys
from contextlib import contextmanager
from pathlib import Path
from retrieval.ingest import watch
from retrieval.library.local import write_session
from retrieval.library.progress import Reporter
from tests.support.encoders import ReadableEncoder

library, delay, settle, *paths = sys.argv[1:]
watch.SETTLE, watch._RETURN, watch._PATIENCE = float(settle), 1.5, 3.0
watch._LOOK, watch._TICK = 0.5, 0.05
if float(delay):
    write_session._ENCODED_TOGETHER = 1

def say(*words):
    print(*words, flush=True)

@contextmanager
def run():
    say("run")
    yield Reporter(problem=lambda problem: say("problem", problem))

def done(s):
    say("done", s.added, s.updated, s.removed, s.unchanged, s.failed)

listener = watch.Listener(run, done, lambda line: say("notice", line))
encoder = ReadableEncoder(delay=float(delay))
try:
    watch.watch([Path(path) for path in paths], Path(library), encoder, listener)
except Exception as error:
    say("ended", type(error).__name__, error)
"""


class Watcher:
    """What a watch has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self.process = process
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, first: str) -> list[str]:
        """The lines that begin with a word, without it."""
        return [line.removeprefix(first).strip() for line in self.lines if line.startswith(first)]

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so; it has half a minute, and normally takes a second."""
        until(true, lambda: "\n".join(self.lines))

    def until_idle(self, seconds: float = 1.2) -> None:
        """Wait until no run has begun for some time."""
        runs = -1
        while runs != (runs := len(self.said("run"))):
            time.sleep(seconds)

    def end(self) -> None:
        """Kill it, if it is still there."""
        self.process.kill()
        self.process.wait()
        self._reading.join()


def until(true: Callable[[], object], why: Callable[[], str] = lambda: "") -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)


@contextmanager
def watching(
    library: Path,
    *paths: Path,
    delay: float = 0.0,
    settle: float = 0.5,
    prefix: Sequence[str] = (),
) -> Iterator[Watcher]:
    """Watch for as long as the block runs; it begins after the first run.

    What was just written is made to look a second older, or the first run would leave it alone.

    Args:
        library: where to.
        paths: what is watched.
        delay: seconds that the encoder takes for each text; with any, it begins at once.
        settle: seconds for which a file must have been left alone.
        prefix: what to put before the command.
    """
    for file in (file for path in paths for file in (path, *path.rglob("*")) if file.is_file()):
        modified = file.stat().st_mtime - 1.0
        os.utime(file, (modified, modified))
    arguments = map(str, (library, delay, settle, *paths))
    command = [*prefix, sys.executable, "-c", CHILD, *arguments]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        watcher = Watcher(process)
        try:
            watcher.until(lambda: watcher.said("done") or delay)
            yield watcher
        finally:
            watcher.end()
