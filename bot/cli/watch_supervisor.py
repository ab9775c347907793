"""Supervises ``quoth index --watch`` beside the bot, in a process of its own.

There it can neither hold up an answer nor take the bot with it when it fails, and the system can
put it behind those who ask.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.settings import Settings
from retrieval.library import follows_feeds
from retrieval.library.location import as_setting
from retrieval.python_process import module_command, module_environment

_log = logging.getLogger(__name__)

_TERMINATE_TIMEOUT = 1.5  # seconds, then it is killed: that loses nothing that was committed
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 300.0  # seconds before it is started again
_STABLE = 60.0  # seconds: a process that ran for so long resets the back-off


@contextmanager
def supervised_watch(config: Settings) -> Iterator[None]:
    """Keep the library in step with ``QUOTH_ARTICLES`` for as long as the block runs.

    Where those are not there, the log says so and nothing is watched. What the process says is
    logged; if it ends it is started again, and if this process is killed it ends too.
    """
    if not config.articles.exists() and not follows_feeds(config.library):
        _log.warning(
            "QUOTH_ARTICLES is %s, which is not there: no articles are watched", config.articles
        )
        yield
        return
    supervisor = _Supervisor(config)
    try:
        yield
    finally:
        supervisor.close()


class _Supervisor:
    """The process, and the thread that restarts it with exponential back-off."""

    def __init__(self, config: Settings) -> None:
        arguments = "index", "--watch", "--until-eof", "--", str(config.articles)
        self._command = module_command("bot", *arguments)
        # Not on the command line, which everybody on the machine can read.
        self._library = as_setting(config.library)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="watcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process, by force if need be."""
        self._stopping.set()
        self._terminate()
        self._thread.join(_TERMINATE_TIMEOUT)
        if self._process and self._thread.is_alive():
            self._process.kill()
        self._thread.join()

    def _keep_running(self) -> None:
        backoff = _FIRST_BACKOFF
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                status: int | str = self._run()
            except OSError as error:  # no process or no memory to be had
                status = str(error)
            if self._stopping.is_set():
                return
            if time.monotonic() - began >= _STABLE:
                backoff = _FIRST_BACKOFF
            _log.warning("watching ended (%s); it is started again in %.0f s", status, backoff)
            self._stopping.wait(backoff)
            backoff = min(2 * backoff, _LONGEST_BACKOFF)

    def _run(self) -> int:
        """Run the process to its end, logging what it says; returns its exit status."""
        with subprocess.Popen(
            self._command,
            env=module_environment(QUOTH_LIBRARY=self._library),
            stdin=subprocess.PIPE,  # never written to: it ends with this process
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            process_group=0,  # Ctrl-C is for the bot, which then ends it
        ) as self._process:
            if self._stopping.is_set():
                self._terminate()
            for line in self._process.stderr or ():
                _log.info("%s", line.rstrip())
        return self._process.returncode

    def _terminate(self) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.terminate()
