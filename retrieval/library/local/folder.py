"""The library's folder: what marks it, and which edition is current."""

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import (
    DamagedError,
    LibraryError,
    MismatchError,
    NotALibraryError,
)
from retrieval.library.durable import sync_folder
from retrieval.library.local.lock import LOCK, WRITER

FORMAT = 1
"""The layout of the folder; a later Quoth may write a higher one, which this one refuses."""

_MARKER = "quoth.json"
_GONE = ".gone"  # ends the name of an edition that is being taken away
_NUMBER = re.compile("[0-9]+")
_NAME = re.compile("[1-9][0-9]{0,8}")
_IN_AN_EDITION = re.compile(r"truth\.sqlite.*|words|vectors")


@dataclass(frozen=True, slots=True)
class Edition:
    """One whole build of the library; ``quoth index --rebuild`` makes the next beside it."""

    folder: Path

    @property
    def truth(self) -> Path:
        return self.folder / "truth.sqlite"

    @property
    def words(self) -> Path:
        return self.folder / "words"

    @property
    def vectors(self) -> Path:
        return self.folder / "vectors"

    @property
    def name(self) -> str:
        """Its number; each build has one higher than all before it."""
        return self.folder.name


@dataclass(frozen=True, slots=True)
class Editions:
    """The editions that the marker names: those that are whole.

    An edition that is being built is not named before it is whole, and one that is taken away
    is not named any more before any of it goes.

    Attributes:
        current: the one that answers questions.
        previous: the one to go back to, or None.
    """

    current: Edition
    previous: Edition | None


def exists(library: Path) -> bool:
    """Whether there is a library in the folder (of whatever version)."""
    try:
        return (library / _MARKER).is_file()
    except OSError:  # something that may not be looked at; opening it says why
        return True


def current_edition(library: Path) -> Edition:
    """Find the edition that answers questions; raises what ``editions`` does."""
    return editions(library).current


def editions(library: Path) -> Editions:
    """Find the editions that are whole.

    Raises:
        NotALibraryError: there is no library there.
        MismatchError: a newer Quoth made it.
        DamagedError: its marker cannot be read.
    """
    try:
        marker = json.loads((library / _MARKER).read_text(encoding="utf-8"))
        number = int(marker["format"])
        name, previous = marker["edition"], marker.get("previous")
        if number <= FORMAT and not _are_names(name, previous):
            raise ValueError("names of editions are numbers, and differ")
    except (FileNotFoundError, NotADirectoryError):
        raise NotALibraryError(f"{library}: no library there; run: quoth index") from None
    except OSError as error:
        raise LibraryError(f"{library / _MARKER}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise DamagedError(
            f"{library / _MARKER}: damaged; restore it, or index into another folder"
        ) from error
    if number > FORMAT:
        raise MismatchError(f"{library}: made by a newer Quoth; run: pip install --upgrade quoth")
    return Editions(
        Edition(library / name), None if previous is None else Edition(library / previous)
    )


def _are_names(current: object, previous: object) -> bool:
    """Whether a marker names editions: what it names is written, and removed by a rebuild."""
    names = [current] if previous is None else [current, previous]
    numbers = {int(each) for each in names if isinstance(each, str) and _NAME.fullmatch(each)}
    return len(numbers) == len(names)


def check_free(library: Path) -> None:
    """Check that a folder is a library, or could become one.

    Raises:
        NotALibraryError: it holds something else, which is not written into.
        LibraryError: it cannot be looked at.
    """
    if exists(library):
        current_edition(library)  # says what is wrong with it
        return
    try:
        # What a run killed just here may have left is ours; anything else is not.
        others = {entry.name for entry in library.iterdir()} - {LOCK, WRITER}
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise NotALibraryError(f"{library}: not a folder; name another for the library") from None
    except OSError as error:
        raise LibraryError(f"{library}: cannot be written ({error.strerror})") from error
    if any(not name.startswith(_MARKER) for name in others):
        raise NotALibraryError(
            f"{library}: holds something else, so nothing is written there; "
            "name an empty or a new folder"
        )


def prepare(library: Path) -> None:
    """Make a folder that may become a library; raises what ``check_free`` does."""
    check_free(library)
    try:
        library.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotALibraryError(f"{library}: not a folder; name another for the library") from None
    except OSError as error:
        raise LibraryError(f"{library}: cannot be written ({error.strerror})") from error


def open_edition(library: Path) -> Edition:
    """The current edition, in a folder that is marked as a library now if it was not.

    Call it holding the lock. What killed runs left is removed.

    Raises:
        LibraryError: the folder cannot be read or written.
    """
    if not exists(library):
        set_editions(library, "1", None)
    for path in left_over(library):
        with suppress(OSError):  # it is in nobody's way, and the next run tries again
            _remove(path)
    return current_edition(library)


def next_edition(library: Path) -> Edition:
    """A place for the edition after all others. Call it holding the lock.

    The edition before the current one makes room for it.

    Raises:
        LibraryError: the folder cannot be written.
    """
    there = editions(library)
    try:
        names = [path.name for path in library.iterdir()]
    except OSError as error:
        raise LibraryError(f"{library}: cannot be read ({error.strerror})") from error
    last = max(int(name) for name in [*names, there.current.name] if _NUMBER.fullmatch(name))
    if there.previous:
        set_editions(library, there.current.name, None)
        discard(there.previous)
    return Edition(library / str(last + 1))


def discard(edition: Edition) -> None:
    """Remove an edition that the marker does not name, as far as that is possible now."""
    with suppress(OSError):
        _remove(edition.folder)


def left_over(library: Path) -> list[Path]:
    """What a killed run may have left in the folder, or a rebuild that runs still works on."""
    named = editions(library)
    whole = {each.name for each in (named.current, named.previous) if each}
    found = []
    with suppress(OSError):  # what may not be looked at is not ours
        found = sorted(library.iterdir())
    return [
        path
        for path in found
        if path.name.startswith(f"{_MARKER}.") or (path.name not in whole and _is_edition(path))
    ]


def set_editions(library: Path, current: str, previous: str | None) -> None:
    """Name the editions that are whole: the marker is replaced as one, or not at all.

    Raises:
        LibraryError: it cannot be written.
    """
    marker = {"format": FORMAT, "edition": current}
    if previous is not None:
        marker["previous"] = previous
    unfinished = library / f"{_MARKER}.{os.getpid()}"
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            json.dump(marker, stream)
            stream.flush()
            os.fsync(stream.fileno())
        sync_folder(library)  # the editions' own names first
        unfinished.replace(library / _MARKER)
        sync_folder(library)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise LibraryError(f"{library}: cannot be written ({error.strerror})") from error


def _is_edition(path: Path) -> bool:
    """Whether a folder is an edition, whole or not, and nothing that somebody put there."""
    if not _NUMBER.fullmatch(path.name.removesuffix(_GONE)) or path.is_symlink():
        return False
    try:
        return all(_IN_AN_EDITION.fullmatch(entry.name) for entry in path.iterdir())
    except OSError:  # no folder, or not ours to look into
        return False


def _remove(path: Path) -> None:
    """Remove an edition, or a file of the folder; never a folder that is something else.

    Raises:
        OSError: it cannot be removed.
    """
    # Imported here because asking questions needs none of it.
    import shutil

    if path.is_dir() and not path.is_symlink():
        if not _is_edition(path):
            raise OSError(f"{path}: not an edition of a library")
        # Whoever opens it in this instant gets all of it or nothing.
        gone = path if path.suffix == _GONE else path.with_name(path.name + _GONE)
        path.rename(gone)
        shutil.rmtree(gone)
    else:
        path.unlink(missing_ok=True)
