"""The lock of a library in a folder: one process writes at a time."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retrieval.errors import LibraryError, LockedError

PATIENCE = 2.0
"""Seconds to wait for the lock: a question that repairs an index holds it for a moment."""

LOCK = "writer.lock"
WRITER = "writer.json"
"""Names which process holds the lock, for the message of others."""


@contextmanager
def writer_lock(library: Path, wait: float | None = None) -> Iterator[None]:
    """Hold the library for writing; the system lets go of it even if this process is killed.

    Args:
        wait: seconds to wait for another process to finish; by default ``PATIENCE``.

    Raises:
        LockedError: another process holds it; the message says which.
    """
    # Imported here because asking questions never needs it.
    from filelock import FileLock, Timeout

    lock = FileLock(library / LOCK, timeout=PATIENCE if wait is None else wait)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"{library}: {_holder(library)} is writing; wait until it is done"
        ) from None
    except OSError as error:
        raise LibraryError(f"{library}: cannot be written ({error.strerror})") from error
    try:
        with suppress(OSError):  # it only lets others name us
            (library / WRITER).write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
        yield
    finally:
        lock.release()


def _holder(library: Path) -> str:
    try:
        pid = json.loads((library / WRITER).read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
    return f"process {pid}"
