"""Brings what was exported into a library, without encoding anything."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from retrieval.errors import MismatchError
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.library.records import FileRecord
from retrieval.transfer.archive_reader import check, read


class Sink(Protocol):
    """A library that takes in what was exported; its methods raise LibraryError.

    Attributes:
        summary: what was acknowledged so far.
    """

    summary: Summary

    def put(self, packed: ExportedArticle) -> None:
        """Add or replace an article, soon."""

    def record(self, path: str, record: FileRecord) -> None:
        """Remember what a file was, soon."""

    def finish(self) -> None:
        """Have all of it in."""


def import_library(path: Path, place: Location, reporter: Reporter) -> Summary:
    """Bring the articles of a file into a library, new or not.

    Each article is in with its vectors, or not at all; the same again goes on where it stopped.
    What the library has besides stays.

    Args:
        path: of the file.
        place: where the library is; made where there is none.
        reporter: hears of problems and progress.

    Raises:
        DamagedError: the file is not as it was written; then nothing was taken from it.
        MismatchError: the library holds another encoder's vectors; nor then.
        LibraryError: one of them cannot be used; what was acknowledged until then is kept.
    """
    reporter.progress("Checking", 0, 0)
    header, counts = check(path)
    with _open(place, header, path, reporter) as sink:
        done = 0
        for each in read(path, header):
            if isinstance(each, ExportedArticle):
                sink.put(each)
                done += 1
                reporter.progress("Importing", done, counts.articles)
            else:
                sink.record(*each)
        sink.finish()
        return sink.summary


def refuse_encoder(path: Path, header: ExportHeader, place: Location, made_by: str) -> None:
    """Refuse to mix the vectors of two encoders.

    Raises:
        MismatchError: they are not the same.
    """
    if made_by != header.encoder:
        raise MismatchError(
            f"{path}: has vectors of the encoder {header.encoder}, and {place} those of {made_by};"
            " import it into another library"
        )


def _open(
    place: Location, header: ExportHeader, path: Path, reporter: Reporter
) -> AbstractContextManager[Sink]:
    # Imported here because a process imports into one kind alone.
    if isinstance(place, Path):
        from retrieval.library.local.transfer import open_sink

        return open_sink(place, header, path, reporter)
    from retrieval.library.milvus import transfer

    return transfer.open_sink(place, header, path, reporter)
