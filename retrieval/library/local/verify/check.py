"""Checks one edition, or a whole library."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import LibraryError
from retrieval.library.local import folder, schema
from retrieval.library.local.folder import Edition
from retrieval.library.local.indexes.words import WordIndex
from retrieval.library.local.verify import database, indexes
from retrieval.library.local.verify.checksums import check_word_files
from retrieval.library.progress import Reporter
from retrieval.library.report import Report


def verify(library: Path, reporter: Reporter, dimension: int | None = None) -> Report:
    """Check a library: its editions' marker, and all of the current edition.

    Nothing is written, and others may write meanwhile.

    Args:
        dimension: of the encoder; None takes that of most vectors.

    Raises:
        LibraryError: there is no library, it cannot be opened at all, or another version made it.
    """
    there = folder.editions(library)
    if not there.current.truth.exists():
        raise LibraryError(f"{library}: nothing is indexed yet; run: quoth index")
    report = check(there.current, dimension, reporter)
    if there.previous:
        try:
            schema.open_for_reading(there.previous.truth, older=True).close()
        except LibraryError as error:
            # A rebuild that began meanwhile took it away.
            if folder.editions(library).previous == there.previous:
                report.add("edition", f"the one to go back to cannot be opened ({error})")
    for path in folder.left_over(library):
        report.left_over.append(f"{path.name}, which is not finished")
    return report


def check(edition: Edition, dimension: int | None, reporter: Reporter) -> Report:
    """Check an edition: its truth against itself, its caches against its truth.

    Raises:
        LibraryError: it cannot be opened at all, or another version made it.
    """
    report = Report()
    check_word_files(report, edition.words)
    words = indexes.open_words(edition.words) if report.ok else None  # tantivy trusts its files
    vectors = indexes.open_vectors(edition.vectors, report)
    connection = schema.open_for_reading(edition.truth)
    connection.text_factory = database.bytes_as_they_are
    try:
        connection.execute("BEGIN")
        _check(connection, report, dimension, reporter, words, vectors)
    finally:
        connection.close()
    return report


def _check(
    connection: sqlite3.Connection,
    report: Report,
    dimension: int | None,
    reporter: Reporter,
    words: WordIndex | None,
    vectors: list[indexes.VectorFile],
) -> None:
    with _reporting_damage(report):
        database.check_database(connection, report)
        database.check_generations(connection, report)
    with _reporting_damage(report):
        database.check_articles(connection, report, reporter.progress)
    with _reporting_damage(report):
        dimension = database.check_vectors(connection, report, dimension, reporter.progress)
        database.check_queue(connection, report)
    with _reporting_damage(report):
        if database.generation_of(connection) is None:
            return  # nothing to compare the caches with
        if words:
            indexes.check_words(connection, report, words, reporter.progress)
        for file in vectors:
            indexes.check_vector_file(connection, report, file, dimension, reporter.progress)


@contextmanager
def _reporting_damage(report: Report) -> Iterator[None]:
    """Report a database so damaged that what is inside cannot be looked at."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        report.add("database", str(error))
