"""Runs the indexer in a subprocess, one request at a time.

The bot writes a line of JSON to its standard input, then the file's bytes; it answers in lines of
JSON. In a process of its own it can neither delay an answer nor crash the bot.
"""

import dataclasses
import json
import logging
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Self

from bot import settings
from bot.discord.errors import UploadError
from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.discord.storage.uploads import AddResult
from bot.discord.uploads.indexer import IndexRequest, IndexResult, ProgressCallback, UploadIndexer
from bot.priority import lower_priority
from bot.settings import Settings
from retrieval.errors import LibraryError, QuothError
from retrieval.library.location import as_setting
from retrieval.models.encoder import load_encoder
from retrieval.python_process import module_command, module_environment

_log = logging.getLogger(__name__)

_READ_TIMEOUT = 60.0  # seconds for one file or page; what takes longer is hostile


class IndexerProcess:
    """Runs each request in a new process."""

    def __init__(self, chosen: Settings) -> None:
        self._options = {
            "store": str(chosen.discord_data),
            "library": as_setting(chosen.library),
            "encoder": chosen.encoder,
            "device": chosen.device,
            "allow_private": chosen.allow_private_addresses,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # of ``_process`` and ``_closed``
        self._closed = False

    def run(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        """Run one request; raises what ``UploadIndexer.run`` does. For one thread at a time."""
        fields = {name: getattr(request, name) for name in ("action", "server", "user", "name")}
        with (
            self._spawn() as process,
            _logged_stderr(process.stderr),
            _ReadTimeout(process) as reading,
        ):
            assert process.stdin and process.stdout  # noqa: S101 - both are pipes
            with suppress(BrokenPipeError):  # it ended already, and its status says so
                process.stdin.write(
                    json.dumps(self._options | fields).encode() + b"\n" + request.data
                )
                process.stdin.close()
            message: dict[str, Any] = {}
            for line in process.stdout:
                message = json.loads(line)
                if "progress" in message:
                    reading.set(message["progress"][0] == "Reading")
                    progress(*message["progress"])
        if reading.expired and "added" not in message:
            raise UploadError(f"{request.name}: takes too long to read; split it, or simplify it")
        if "rejected" in message:
            raise UploadError(message["rejected"])
        if "failed" in message:
            raise LibraryError(message["failed"])
        if "added" not in message:
            raise LibraryError(f"the process that adds articles ended ({process.returncode})")
        added = AddResult(**{change: tuple(titles) for change, titles in message["added"].items()})
        return IndexResult(
            added, tuple(message["problems"]), message["in_library"], message["deferred"]
        )

    def close(self) -> None:
        """Terminate the process, and refuse further requests; the next sync does the rest."""
        with self._lock:
            self._closed = True
            if self._process:
                with suppress(ProcessLookupError):
                    self._process.terminate()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise LibraryError("the bot is stopping")
            self._process = subprocess.Popen(
                module_command(__name__),
                env=module_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,  # Ctrl-C goes to the bot alone, which then terminates it
            )
            return self._process


class _ReadTimeout:
    """Kills a process that parses one upload for too long."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._timer: threading.Timer | None = None
        self.expired = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.set(False)

    def set(self, reading: bool) -> None:
        """Start the timer where the process reads now, else stop it."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if reading:
            self._timer = threading.Timer(_READ_TIMEOUT, self._kill)
            self._timer.daemon = True
            self._timer.start()

    def _kill(self) -> None:
        self.expired = True
        self._process.kill()


@contextmanager
def _logged_stderr(stderr: IO[bytes] | None) -> Iterator[None]:
    def log() -> None:
        for line in stderr or ():
            _log.info("%s", line.decode(errors="replace").rstrip())

    thread = threading.Thread(target=log, name="indexer-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def main() -> None:
    """Run the request on standard input; answer on standard output."""
    lower_priority()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as output:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints goes to the log

        def reply(**line: object) -> None:
            with suppress(BrokenPipeError):  # the bot is gone; the job is finished all the same
                print(json.dumps(line), file=output, flush=True)

        given = json.loads(sys.stdin.buffer.readline())
        data = sys.stdin.buffer.read()
        try:
            with closing(Store(Path(given["store"]), TABLES, existing=True)) as store:
                indexer = UploadIndexer(
                    store,
                    settings.load(given["library"]).library,
                    load_encoder(given["encoder"], device=given["device"], notify=lambda _: None),
                    allow_private=given["allow_private"],
                )
                request = IndexRequest(
                    given["action"], given["server"], given["user"], given["name"], data
                )
                outcome = indexer.run(request, lambda *step: reply(progress=step))
            reply(**dataclasses.asdict(outcome))
        except UploadError as error:
            reply(rejected=str(error))
        except QuothError as error:
            reply(failed=str(error))
        except Exception as error:  # its words may quote what was sent
            traceback.print_tb(error.__traceback__)
            reply(failed=f"the process that adds articles failed: {type(error).__qualname__}")


if __name__ == "__main__":
    main()
