"""``quoth index --watch`` beside the bot, in a process of its own.

There it can neither hold up an answer nor take the bot with it when it fails, and the system can
put it behind those who ask.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.settings import Settings
from retrieval.library import follows_feeds
from retrieval.library.location import as_setting

_log = logging.getLogger(__name__)

_CODE = Path(__file__).parents[1]  # where ``bot`` is imported from
_SECONDS_TO_END = 1.5  # then it is killed, which loses nothing that was committed
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # seconds before it is started again
_LONG = 60.0  # seconds: what ran for so long had begun well


@contextmanager
def watching(chosen: Settings) -> Iterator[None]:
    """Keep the library in step with ``QUOTH_ARTICLES`` for as long as the block runs.

    Where those are not there, the log says so and nothing is watched. What the process says is
    logged; if it ends it is started again, and if this process is killed it ends too.
    """
    if not chosen.articles.exists() and not follows_feeds(chosen.library):
        _log.warning(
            "QUOTH_ARTICLES is %s, which is not there: no articles are watched", chosen.articles
        )
        yield
        return
    watcher = _Watcher(chosen)
    try:
        yield
    finally:
        watcher.close()


class _Watcher:
    """The process, and the thread that looks after it."""

    def __init__(self, chosen: Settings) -> None:
        # -P: nothing is imported from the folder that the bot happens to be run in.
        self._command = [sys.executable, "-P", "-m", "bot", "index", "--watch", "--until-eof"]
        self._command += ["--", str(chosen.articles)]
        # Not on the command line, which everybody on the machine can read.
        self._library = as_setting(chosen.library)
        self._ending = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="watcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process, by force if need be."""
        self._ending.set()
        self._terminate()
        self._thread.join(_SECONDS_TO_END)
        if self._process and self._thread.is_alive():
            self._process.kill()
        self._thread.join()

    def _keep_running(self) -> None:
        pause = _FIRST_PAUSE
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                status: int | str = self._run()
            except OSError as error:  # no process or no memory to be had
                status = str(error)
            if self._ending.is_set():
                return
            if time.monotonic() - began >= _LONG:
                pause = _FIRST_PAUSE
            _log.warning("watching ended (%s); it is started again in %.0f s", status, pause)
            self._ending.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _run(self) -> int:
        """Run the process to its end, logging what it says; returns its exit status."""
        with subprocess.Popen(
            self._command,
            env={**os.environ, "PYTHONPATH": str(_CODE), "QUOTH_LIBRARY": self._library},
            stdin=subprocess.PIPE,  # never written to: it ends with this process
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            process_group=0,  # Ctrl-C is for the bot, which then ends it
        ) as self._process:
            if self._ending.is_set():
                self._terminate()
            for line in self._process.stderr or ():
                _log.info("%s", line.rstrip())
        return self._process.returncode

    def _terminate(self) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.terminate()
