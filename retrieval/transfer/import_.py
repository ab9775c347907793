"""Brings what was exported into a library, without encoding anything."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from retrieval.errors import LibraryError, MismatchError
from retrieval.library import Library
from retrieval.library import open as open_library
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary, same_id
from retrieval.transfer.archive_reader import check, read


def import_library(path: Path, location: Location, reporter: Reporter) -> Summary:
    """Bring the articles of a file into a library, new or not.

    Each article is in with its vectors, or not at all; the same again goes on where it stopped.
    What the library has besides stays.

    Args:
        location: of the library; made where there is none.

    Raises:
        DamagedError: the file is not as it was written; then nothing was taken from it.
        MismatchError: the library holds another encoder's vectors; nor then.
        LibraryError: one of them cannot be used; what was acknowledged until then is kept.
    """
    reporter.progress("Checking", 0, 0)
    header, counts = check(path)
    library = open_library(location)
    _refuse_other_encoder(path, header, library)
    unfinished: set[str] = set()  # files with articles that were refused
    done = 0
    with library.session(header, reporter) as session:
        for each in read(path, header):
            if not isinstance(each, ExportedArticle):
                file, record = each
                whole = record.complete and file not in unfinished
                session.record(file, replace(record, complete=whole))
                continue
            article_id, owner = each.article.id, session.owner(each.article.id)
            if owner and owner != each.file and Path(owner).exists():
                session.summary.failed += 1
                unfinished.add(each.file)
                reporter.problem(same_id(each.file, article_id, owner))
            else:
                session.put(each.article, each.file, each.vectors.astype(np.float32))
            done += 1
            reporter.progress("Importing", done, counts.articles)
        session.commit()
        session.finish()
        return session.summary


def _refuse_other_encoder(path: Path, header: ExportHeader, library: Library) -> None:
    """Refuse to mix the vectors of two encoders, before anything is made or taken."""
    made_by = None
    if library.exists():
        with suppress(LibraryError):  # the session says what is wrong with it
            made_by = library.status().encoder
    if made_by is not None and made_by != header.encoder:
        raise MismatchError(
            f"{path}: has vectors of the encoder {header.encoder},"
            f" and {library} those of {made_by}; import it into another library"
        )
