"""Writes a library into one file, vectors and all."""

from pathlib import Path

from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter
from retrieval.transfer.archive_writer import Writer
from retrieval.transfer.format import Counts


def export_library(location: Location, path: Path, reporter: Reporter) -> Counts:
    """Write a library into a file; others may write the library meanwhile.

    Args:
        path: of the file, which is not there yet, and is there only once it is whole.

    Raises:
        LibraryError: the library cannot be read, is not wholly encoded, or holds nothing; or the
            file cannot be written.
    """
    with open_library(location).export_source() as source, Writer(path, source.header) as file:
        for done, packed in enumerate(source.articles(), start=1):
            file.put(packed)
            if done % 100 == 0:
                reporter.progress("Exporting", done, source.count)
        for name, record in source.files():
            file.record(name, record)
        return file.counts
