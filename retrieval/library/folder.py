"""The library's folder: what marks it, which edition is current, and who may write."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import (
    DamagedError,
    LibraryError,
    LockedError,
    MismatchError,
    NotALibraryError,
)

FORMAT = 1
"""The layout of the folder; a later Quoth may write a higher one, which this one refuses."""

_MARKER = "quoth.json"
_LOCK = "writer.lock"
_WRITER = "writer.json"


@dataclass(frozen=True, slots=True)
class Edition:
    """One whole build of the library; ``quoth index --rebuild`` makes the next beside it."""

    folder: Path

    @property
    def truth(self) -> Path:
        """The SQLite file."""
        return self.folder / "truth.sqlite"

    @property
    def words(self) -> Path:
        """The folder of the word index."""
        return self.folder / "words"

    @property
    def vectors(self) -> Path:
        """The folder of the vector index."""
        return self.folder / "vectors"


def exists(library: Path) -> bool:
    """Whether there is a library in the folder (of whatever version)."""
    try:
        return (library / _MARKER).is_file()
    except OSError:  # something that may not be looked at; opening it says why
        return True


def current_edition(library: Path) -> Edition:
    """Find the edition that answers questions.

    Raises:
        NotALibraryError: there is no library there.
        MismatchError: a newer Quoth made it.
        DamagedError: its marker cannot be read.
    """
    try:
        marker = json.loads((library / _MARKER).read_text(encoding="utf-8"))
        number, name = int(marker["format"]), str(marker["edition"])
    except (FileNotFoundError, NotADirectoryError):
        raise NotALibraryError(f"{library}: no library there; run: quoth index") from None
    except OSError as error:
        raise LibraryError(f"{library / _MARKER}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{library / _MARKER}: damaged; restore it, or index into another folder"
        ) from error
    if number > FORMAT:
        raise MismatchError(f"{library}: made by a newer Quoth; run: pip install --upgrade quoth")
    return Edition(library / name)


def create(library: Path) -> Edition:
    """Mark a folder as a library, unless it is one, and return its current edition.

    Raises:
        NotALibraryError: it holds something else, which is not written into.
        LibraryError: it cannot be written.
    """
    if exists(library):
        return current_edition(library)
    try:
        library.mkdir(parents=True, exist_ok=True)
        # What a run killed just here may have left is ours; anything else is not.
        others = {entry.name for entry in library.iterdir()} - {_LOCK, _WRITER}
        if any(not name.startswith(_MARKER) for name in others):
            raise NotALibraryError(
                f"{library}: holds something else, so nothing is written there; "
                "name an empty or a new folder"
            )
        set_edition(library, "1")
    except (FileExistsError, NotADirectoryError):
        raise NotALibraryError(f"{library}: not a folder; name another for the library") from None
    except OSError as error:
        raise LibraryError(f"{library}: cannot be written ({error.strerror})") from error
    return current_edition(library)


def next_edition(library: Path) -> Edition:
    """An empty place for the edition after the current one. Call it holding the lock.

    What an unfinished build left there is removed, and so is every edition but the current one.
    """
    current = current_edition(library).folder
    try:
        for entry in library.iterdir():
            if entry.name.isdigit() and entry != current:
                shutil.rmtree(entry)
    except OSError as error:
        raise LibraryError(f"{library}: cannot be written ({error.strerror})") from error
    return Edition(library / str(int(current.name) + 1))


def set_edition(library: Path, name: str) -> None:
    """Make an edition the current one: the whole marker is replaced, or nothing."""
    unfinished = library / f"{_MARKER}.{os.getpid()}"
    with unfinished.open("w", encoding="utf-8") as stream:
        json.dump({"format": FORMAT, "edition": name}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(library / _MARKER)
    sync_folder(library)


def sync_folder(folder: Path) -> None:
    """Have a renamed file's new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writer_lock(library: Path, wait: float) -> Iterator[None]:
    """Hold the library for writing; the system lets go of it even if this process is killed.

    Args:
        library: its folder.
        wait: seconds to wait for another process to finish.

    Raises:
        LockedError: another process holds it; the message says which.
    """
    # Imported here because asking questions never needs it.
    from filelock import FileLock, Timeout

    lock = FileLock(library / _LOCK, timeout=wait)
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
            (library / _WRITER).write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
        yield
    finally:
        lock.release()


def _holder(library: Path) -> str:
    try:
        pid = json.loads((library / _WRITER).read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
    return f"process {pid}"
