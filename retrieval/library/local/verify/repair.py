"""Repairs what a check found: the truth, then the caches from it."""

from contextlib import closing
from pathlib import Path

from retrieval.errors import LibraryError
from retrieval.library.local.indexes.word_files import remove_index
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.verify.check import verify
from retrieval.library.local.verify.row_repair import RepairWriter
from retrieval.library.local.write_session import LocalSession, drop_newer
from retrieval.library.progress import Reporter
from retrieval.library.report import LostArticle, Repaired, Report
from retrieval.models.encoder.base import Encoder


def repair(library: Path, encoder: Encoder, reporter: Reporter) -> Repaired:
    """Check a library, repair what can be repaired, and check it again.

    Caches that are wrong are thrown away and made again; passages that are not those of their
    text are made again, and vectors that are none encoded again; what nothing needs is swept. An
    article with a damaged text is taken out, so that the next ``index`` reads its file again;
    where that is gone, it stays.

    Raises:
        LibraryError: there is no library, it cannot be opened at all, another process is writing,
            or another encoder or version made it.
    """
    LocalReader(library).close()  # a library that is not there is not made here
    with RepairWriter(library) as writer:
        writer.claim(encoder.identity)
        before = verify(library, reporter, encoder.dimension)
        lost = [] if before.ok else _repair(writer, before)
        for path in before.strays:
            path.unlink(missing_ok=True)
        with closing(LocalSession(writer, encoder, reporter)) as session:
            session.encode_pending(encoder)
            session.catch_up()
        after = verify(library, reporter, encoder.dimension)
    return Repaired(before, lost, after)


def _repair(writer: RepairWriter, found: Report) -> list[LostArticle]:
    if "database" in found.problems:
        writer.rebuild_indexes()
    if "edition" in found.problems:
        writer.forget_previous()
    writer.repair_generations()
    if "word index" in found.problems:
        _remove_cache(writer.edition.words)
    if "vector index" in found.problems:
        _remove_cache(writer.edition.vectors)
    drop_newer(writer)  # not in what was found: a check needs a generation for it
    return writer.repair_rows(found.damaged, found.to_split, found.to_encode)


def _remove_cache(cache: Path) -> None:
    try:
        remove_index(cache)
    except OSError as error:
        raise LibraryError(f"{cache}: cannot be removed ({error.strerror})") from error
