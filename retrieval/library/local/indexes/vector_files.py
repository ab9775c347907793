"""The files of the index of vectors, none of which is ever changed.

    <folder>/<since>-<until>.faiss  the vectors that came after one generation, up to another

Those that answer make a chain from 0: each begins where the one before it ends. A file ends with
the SHA-256 of what is before that, which FAISS does not read.
"""

import hashlib
import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import faiss

from retrieval.errors import LibraryError
from retrieval.library.durable import sync_folder
from retrieval.library.local.indexes.vector_formats import VectorFormat

_NAME = re.compile(r"(\d+)-(\d+)\.faiss")
_AT_ONCE = 1 << 20  # bytes hashed


def span(path: Path) -> tuple[int, int]:
    """The generations between which a file's vectors came; (0, 0) of what is no such file."""
    named = _NAME.fullmatch(path.name)
    return (int(named[1]), int(named[2])) if named else (0, 0)


def chain(folder: Path, until: int | None = None) -> list[Path]:
    """The files that together hold what there was at a generation, the oldest first.

    Args:
        until: the last generation that they may be of; by default any.
    """
    spans = {span(path): path for path in folder.glob("*.faiss")}
    found, reached = [], 0
    while ends := [
        end for start, end in spans if start == reached < end and (until is None or end <= until)
    ]:
        found.append(spans[reached, max(ends)])
        reached = max(ends)
    return found


def write(folder: Path, since: int, until: int, kind: VectorFormat) -> Path:
    """Write a file whole, or not at all.

    Raises:
        LibraryError: it cannot be written.
    """
    path = folder / f"{since}-{until}.faiss"
    unfinished = path.with_suffix(f".{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(kind.index, str(unfinished))
        digest = _digest(unfinished, unfinished.stat().st_size)
        with unfinished.open("ab") as stream:
            stream.write(digest)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
        sync_folder(folder)
    except (OSError, RuntimeError) as error:  # FAISS says all that can go wrong in one way
        reason = getattr(error, "strerror", None) or str(error).strip().rpartition("\n")[2]
        raise LibraryError(
            f"{folder}: cannot be written ({reason}); what was committed is kept."
            " Mend that, then run: quoth index"
        ) from error
    return path


def is_whole(path: Path) -> bool:
    """Whether a file is as it was written."""
    size = path.stat().st_size - hashlib.sha256().digest_size
    if size < 0:
        return False
    with path.open("rb") as stream:
        stream.seek(size)
        return stream.read() == _digest(path, size)


def remove_others(folder: Path, kept: Collection[Path]) -> None:
    """Remove all other files, and what a killed run left."""
    with suppress(OSError):  # they are in nobody's way, and the next run tries again
        for path in folder.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)


def remove_newer(folder: Path, generation: int) -> None:
    """Remove the files of later generations than the database's, which was restored from a copy.

    Call it before anything is committed: generations that come again are of other passages.
    """
    for path in folder.glob("*.faiss"):
        if span(path)[1] > generation:
            path.unlink(missing_ok=True)


def _digest(path: Path, size: int) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while size > 0 and (block := stream.read(min(size, _AT_ONCE))):
            digest.update(block)
            size -= len(block)
    return digest.digest()
