"""Writes a library into one file, vectors and all."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.location import Location
from retrieval.library.progress import Reporter
from retrieval.library.records import FileRecord
from retrieval.transfer.archive_writer import Writer
from retrieval.transfer.format import Counts


class Source(Protocol):
    """A library opened for being exported; its methods raise LibraryError."""

    @property
    def header(self) -> ExportHeader:
        """What it holds."""

    @property
    def count(self) -> int:
        """About how many articles."""

    def articles(self) -> Iterator[ExportedArticle]:
        """Every article, in any order; some hundred of them are in memory at once."""

    def files(self) -> Iterator[tuple[str, FileRecord]]:
        """What is known of the files that they came from."""


def export_library(place: Location, path: Path, reporter: Reporter) -> Counts:
    """Write a library into a file; others may write the library meanwhile.

    Args:
        place: where the library is.
        path: of the file, which is not there yet, and is there only once it is whole.
        reporter: hears of progress.

    Raises:
        LibraryError: the library cannot be read, is not wholly encoded, or holds nothing; or the
            file cannot be written.
    """
    with _open(place) as source, Writer(path, source.header) as file:
        for done, packed in enumerate(source.articles(), start=1):
            file.put(packed)
            if done % 100 == 0:
                reporter.progress("Exporting", done, source.count)
        for name, record in source.files():
            file.record(name, record)
        return file.counts


def _open(place: Location) -> AbstractContextManager[Source]:
    # Imported here because a process exports one kind alone.
    if isinstance(place, Path):
        from retrieval.library.local.transfer import open_source

        return open_source(place)
    from retrieval.library.milvus import transfer

    return transfer.open_source(place)
