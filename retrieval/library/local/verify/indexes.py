"""Checks the index of words and that of vectors against the truth.

Either may be behind the truth, by what was committed since it last caught up: that is no error,
and what it held then is known. Open them before the snapshot of the truth begins: then neither is
ever ahead of it.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.library.local.changes import text_generation
from retrieval.library.local.indexes import vector_files
from retrieval.library.local.indexes.vector_formats import ExactVectors, VectorFormat, read
from retrieval.library.local.indexes.words import WordIndex
from retrieval.library.local.verify.checksums import retry
from retrieval.library.local.verify.database import Progress
from retrieval.library.report import Kind, Report

_RANGE = 32_768  # passage ids compared at a time

Ids = NDArray[np.int64]

_NO_IDS: Ids = np.zeros(0, dtype=np.int64)


# The index of words


def open_words(folder: Path) -> WordIndex:
    """Open the index of words; one that another process is just making anew is looked at again."""
    return retry(lambda: WordIndex(folder), lambda words: words.trouble is None)


def check_words(
    connection: sqlite3.Connection, report: Report, words: WordIndex, progress: Progress
) -> None:
    """Check that the index of words holds the passages that the truth had when it caught up."""
    newest = text_generation(connection)
    if words.trouble:
        report.add("word index", f"cannot be opened ({words.trouble})")
        return
    if words.generation > newest:
        line = f"is of commit {words.generation:,}, and the last that changed words was {newest:,}"
        report.add("word index", line)
        return
    if words.generation < newest:
        report.left_over.append("the word index is behind the articles")
    if words.generation < 0:
        return
    held = 0
    for first, last, total in _ranges(connection):
        there = words.ids_between(first, last)
        truth = _ids(
            connection,
            "SELECT id FROM passages WHERE id BETWEEN ? AND ? AND generation <= ?",
            (first, last, words.generation),
        )
        _compare(connection, report, "word index", there, truth, words.generation)
        held += len(there)
        progress("Checking words", min(last, total), total)
    report.checked["word index"] = held


# The index of vectors


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A file of the index of vectors, opened.

    Attributes:
        span: the generations of the truth between which its vectors came.
        ids: of the passages, in its order.
        codes: a row of bytes each, where it keeps whole vectors.
        trouble: why it cannot be read, or None.
    """

    span: tuple[int, int]
    ids: Ids
    codes: NDArray[np.uint8] | None = None
    trouble: str | None = None
    kind: VectorFormat | None = None


def open_vectors(folder: Path, report: Report) -> list[VectorFile]:
    """Open the files of the index of vectors; what else is there is left over."""
    paths = vector_files.chain(folder)
    for path in sorted({*folder.glob("*")} - {*paths}):
        report.strays.append(path)
        report.left_over.append(f"{path.name} in the folder of the vector index")
    return [file for path in paths if (file := _read(path))]


def _read(path: Path) -> VectorFile | None:
    span = vector_files.span(path)
    try:
        if not vector_files.is_whole(path):
            return VectorFile(span, _NO_IDS, trouble=f"{path.name} is not as it was written")
        kind = read(path)
        codes = None
        if isinstance(kind, ExactVectors) and len(kind.ids()):
            inner: Any = faiss.downcast_index(kind.index.index)
            count, size = int(inner.ntotal), int(inner.code_size)
            codes = faiss.rev_swig_ptr(inner.codes.data(), count * size).reshape(count, size)
        return VectorFile(span, kind.ids(), codes, kind=kind)
    except (OSError, RuntimeError, ValueError, MemoryError, AttributeError) as error:
        if not path.exists():  # another was written meanwhile
            return None
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        return VectorFile(span, _NO_IDS, trouble=f"{path.name} cannot be read ({reason})")


def check_vector_file(
    connection: sqlite3.Connection,
    report: Report,
    file: VectorFile,
    dimension: int | None,
    progress: Progress,
) -> None:
    """Check that a file holds the vectors that the truth had then, whole ones to the bit."""
    if file.trouble or file.kind is None:
        report.add("vector index", file.trouble or "a file cannot be read")
        return
    since, until = file.span
    generation = connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()
    if until > int(generation[0]):
        line = f"is of commit {until:,}, and the last was {generation[0]:,}"
        report.add("vector index", line)
        return
    if dimension is not None and len(file.ids) and file.kind.index.d != dimension:
        report.add("vector index", f"holds vectors of another length than {dimension:,}")
        return
    order = np.argsort(file.ids, kind="stable")
    ids = file.ids[order]
    for first, last, total in _ranges(connection):
        rows = connection.execute(
            "SELECT passages.id, vector FROM passages JOIN vectors USING (digest)"
            " WHERE passages.id BETWEEN :first AND :last"
            " AND max(passages.generation, vectors.generation) > :since"
            " AND passages.generation <= :until AND vectors.generation <= :until",
            {"first": first, "last": last, "since": since, "until": until},
        ).fetchall()
        low, high = np.searchsorted(ids, [first, last + 1])
        truth = np.array([row[0] for row in rows], dtype=np.int64)
        _compare(connection, report, "vector index", ids[low:high], truth, until)
        if file.codes is not None:
            for number, vector in rows:
                at = low + np.searchsorted(ids[low:high], number)
                if at < high and ids[at] == number and file.codes[order[at]].tobytes() != vector:
                    line = f"the vector of passage {number} is not the truth's"
                    report.add("vector index", line)
        progress("Checking the vector index", min(last, total), total)
    checked = report.checked.get("vector index", 0)
    report.checked["vector index"] = checked + len(ids)


# Both


def _compare(
    connection: sqlite3.Connection,
    report: Report,
    kind: Kind,
    there: Ids,
    truth: Ids,
    generation: int,
) -> None:
    """Compare the ids of passages in an index with those in the truth when it caught up."""
    for number in np.setdiff1d(truth, there):
        report.add(kind, f"passage {number} is not in it")
    for number in np.setdiff1d(there, truth):
        if not connection.execute(
            "SELECT 1 FROM removed WHERE passage = ? AND generation > ?", (int(number), generation)
        ).fetchone():
            report.add(kind, f"passage {number} is in it, and in the articles no more")
    if doubled := len(there) - len(np.unique(there)):
        report.add(kind, f"{doubled:,} passages are in it twice", doubled)


def _ranges(connection: sqlite3.Connection) -> Iterator[tuple[int, int, int]]:
    """Ranges of passage ids that hold all there can be, each with the last id that there is."""
    total = connection.execute("SELECT coalesce((SELECT max(id) FROM passages), 0)").fetchone()[0]
    for first in range(0, total + 1, _RANGE):
        yield first, first + _RANGE - 1, total
    yield (total // _RANGE + 1) * _RANGE, 2**62, total


def _ids(connection: sqlite3.Connection, query: str, values: tuple[int, ...]) -> Ids:
    return np.fromiter((row[0] for row in connection.execute(query, values)), dtype=np.int64)
