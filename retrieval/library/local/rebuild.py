"""Builds a library anew beside the old one, from the articles that it holds, swaps, and goes back.

For another encoder, another form of the passages or another schema. The old edition answers until
the new one is whole and was checked, and stays beside it for ``roll_back`` until the next rebuild.
"""

from contextlib import closing
from pathlib import Path

import numpy as np

from retrieval.errors import DamagedError, LibraryError
from retrieval.library.local import folder
from retrieval.library.local.lock import writer_lock
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.schema import COPIED
from retrieval.library.local.verify.check import check
from retrieval.library.local.write_session import LocalSession
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.library.records import RolledBack
from retrieval.models.encoder.base import Encoder, is_unit_length

_BATCH = 500  # articles committed at once, or digests looked up


def rebuild(library: Path, encoder: Encoder, reporter: Reporter) -> int:
    """Build the library anew; an older Quoth may have made the old one.

    Args:
        encoder: whose vectors the new edition holds. Those that the old one has of the same
            encoder and text are copied.

    Returns:
        How many articles it holds.

    Raises:
        LibraryError: it cannot be read or written, or what was built does not pass the checks of
            ``verify``; the old edition is as it was.
    """
    # Where there is none, this says so before anything is made.
    LocalReader(library, older=True).close()
    # Only who holds the lock knows which edition stays the current one; one opened before could
    # lack what another process wrote in the meantime.
    with (
        LocalWriter(library, afresh=True) as writer,
        closing(LocalSession(writer, encoder, reporter)) as session,
        closing(LocalReader(library, older=True)) as old,
        old.snapshot() as state,
    ):
        _copy_articles(old, session, reporter)
        if old.encoder() == encoder.identity:
            _copy_vectors(old, writer, encoder.dimension, reporter)
        with session.transaction() as change:
            for table in COPIED:
                columns, rows = old.rows(table)
                if columns:
                    change.copy(table, columns, rows)
        session.encode_pending(encoder)
        session.catch_up()
        report = check(writer.edition, encoder.dimension, reporter)
        if not report.ok:
            raise DamagedError(
                f"{library}: the new edition came out wrong ({report.lines()[0]}), so the old one"
                " stays; run: quoth verify"
            )
        writer.publish()
    return state.articles


def roll_back(library: Path) -> RolledBack:
    """Make the edition before the last rebuild the current one, and that one the one before.

    Raises:
        LibraryError: there is no library, no edition to go back to, or none that this version
            of Quoth can answer from; or another process is writing.
    """
    folder.current_edition(library)  # where there is none, this says so before anything is made
    with writer_lock(library):
        there = folder.editions(library)
        if there.previous is None or not there.previous.truth.exists():
            raise LibraryError(
                f"{library}: there is no earlier edition to go back to; a rebuild keeps one"
            )
        with closing(LocalReader(library, there.previous)) as earlier, earlier.snapshot() as state:
            encoder = earlier.encoder()
        folder.set_editions(library, there.previous.name, there.current.name)
    return RolledBack(there.previous.name, encoder, state)


def _copy_articles(old: LocalReader, session: LocalSession, reporter: Reporter) -> None:
    numbers = old.article_numbers()
    for start in range(0, len(numbers), _BATCH):
        chunk = numbers[start : start + _BATCH]
        files = old.article_files(chunk)
        with session.transaction() as change:
            for number, article in old.articles_by_number(chunk).items():
                change.put(article, files[number])
        reporter.progress("Copying", start + len(chunk), len(numbers))


def _copy_vectors(
    old: LocalReader, writer: LocalWriter, dimension: int, reporter: Reporter
) -> None:
    """Copy what would be encoded to the same; what is damaged is encoded again."""
    pending = writer.pending()
    for start in range(0, len(pending), _BATCH):
        found = old.vectors_by_digest(pending[start : start + _BATCH], dimension)
        if found:
            vectors = np.stack([*found.values()])
            fine = is_unit_length(vectors)
            kept = [digest for digest, good in zip(found, fine, strict=True) if good]
            with writer.commit() as change:
                change.store_vectors(kept, vectors[fine].astype(np.float32))
        reporter.progress("Copying vectors", min(start + _BATCH, len(pending)), len(pending))
