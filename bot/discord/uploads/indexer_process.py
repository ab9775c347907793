"""Runs the librarian in a process of its own, one request at a time.

The bot writes a line of JSON to its standard input, then the file's bytes; it answers in lines of
JSON. There it can neither hold up an answer nor take the bot with it when it fails.
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
from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.discord.storage.uploads import AddResult, UploadError
from bot.discord.uploads.indexer import IndexRequest, IndexResult, ProgressCallback, UploadIndexer
from bot.priority import lower_priority
from bot.settings import Settings
from retrieval.errors import LibraryError, QuothError
from retrieval.library.location import as_setting
from retrieval.models.encoder import load_encoder

_log = logging.getLogger(__name__)

_READ_TIMEOUT = 60.0  # one file or page; what takes longer was made to
_CODE = Path(__file__).parents[3]  # where ``bot`` is imported from


class IndexerProcess:
    """Works off requests, each in a process that ends with it.

    Args:
        chosen: the settings: which library, which encoder, whose store.
    """

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
        about = {name: getattr(request, name) for name in ("action", "server", "user", "name")}
        with (
            self._started() as process,
            _logged_stderr(process.stderr),
            _ReadTimeout(process) as reading,
        ):
            assert process.stdin and process.stdout  # noqa: S101 - both are pipes
            with suppress(BrokenPipeError):  # it ended already, and its status says so
                process.stdin.write(
                    json.dumps(self._options | about).encode() + b"\n" + request.data
                )
                process.stdin.close()
            said: dict[str, Any] = {}
            for line in process.stdout:
                said = json.loads(line)
                if "progress" in said:
                    reading.now(said["progress"][0] == "Reading")
                    progress(*said["progress"])
        if reading.over and "added" not in said:
            raise UploadError(f"{request.name}: takes too long to read; split it, or simplify it")
        if "refused" in said:
            raise UploadError(said["refused"])
        if "failed" in said:
            raise LibraryError(said["failed"])
        if "added" not in said:
            raise LibraryError(f"the process that adds articles ended ({process.returncode})")
        added = AddResult(**{change: tuple(titles) for change, titles in said["added"].items()})
        return IndexResult(added, tuple(said["problems"]), said["in_library"], said["deferred"])

    def close(self) -> None:
        """End what is being done, and take nothing more; what was kept is indexed later."""
        with self._lock:
            self._closed = True
            if self._process:
                with suppress(ProcessLookupError):
                    self._process.terminate()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise LibraryError("the bot is stopping")
            # -P: nothing is imported from the folder that the bot happens to be run in.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                env={**os.environ, "PYTHONPATH": str(_CODE)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,  # Ctrl-C is for the bot, which then ends it
            )
            return self._process


class _ReadTimeout:
    """Kills a process that reads for too long: what it reads comes from anywhere.

    Attributes:
        over: whether it did.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._timer: threading.Timer | None = None
        self.over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.now(False)

    def now(self, reading: bool) -> None:
        """Told whether the process reads now."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if reading:
            self._timer = threading.Timer(_READ_TIMEOUT, self._kill)
            self._timer.daemon = True
            self._timer.start()

    def _kill(self) -> None:
        self.over = True
        self._process.kill()


@contextmanager
def _logged_stderr(said: IO[bytes] | None) -> Iterator[None]:
    """Log what a process says until it ends."""

    def log() -> None:
        for line in said or ():
            _log.info("%s", line.decode(errors="replace").rstrip())

    thread = threading.Thread(target=log, name="librarian", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def main() -> None:
    """Do the request that stands on standard input."""
    lower_priority()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints

        def say(**line: Any) -> None:
            with suppress(BrokenPipeError):  # nobody listens any more, and the work goes on
                print(json.dumps(line), file=answers, flush=True)

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
                outcome = indexer.run(request, lambda *step: say(progress=step))
            say(**dataclasses.asdict(outcome))
        except UploadError as error:
            say(refused=str(error))
        except QuothError as error:
            say(failed=str(error))
        except Exception as error:  # its words may quote what was sent
            traceback.print_tb(error.__traceback__)
            say(failed=f"the process that adds articles failed: {type(error).__qualname__}")


if __name__ == "__main__":
    main()
