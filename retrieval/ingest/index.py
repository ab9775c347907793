"""Makes the library agree with files and folders: adds, updates, removes.

Words first: articles are committed with their passages in batches, and findable by their words
at once. Vectors follow, those of the newest articles first; an interrupted run goes on where it
stopped.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from retrieval.ingest.folder_sync import FolderSync, Pace
from retrieval.library.local.batches import Batches
from retrieval.library.local.indexes.vector_files import remove_newer
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.indexes.words import WordIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Encoder

__all__ = ["WHOLE", "Pace", "Reporter", "Summary", "bring_up_to_date", "index", "one_name"]

_BATCH_VECTORS = 512  # some two seconds of work, after which a watch looks for new words


WHOLE = Pace()
"""Everything is done at once, and nothing is left for another run."""


def index(
    paths: Sequence[Path],
    library: Location,
    encoder: Encoder,
    reporter: Reporter,
    pace: Pace = WHOLE,
) -> Summary:
    """Make a library agree with files and folders.

    Args:
        paths: what to read. Articles that came from under them and are no longer there are
            removed; articles from elsewhere stay.
        library: where it is; made where there is none.
        encoder: whose vectors the library holds.
        reporter: hears of problems and progress.
        pace: what is left for another run; by default nothing.

    Returns:
        What was done. Whatever could be read is in, whatever else failed.

    Raises:
        LibraryError: the library cannot be written; what was committed until then is kept.
    """
    if not isinstance(library, Path):
        # Imported here because most libraries are in a folder.
        from retrieval.library.milvus import index as indexing

        names = [one_name(path) for path in paths]
        return indexing.index(names, library, encoder, reporter, pace)
    with LocalWriter(library) as writer, closing(Batches(writer)) as commits:
        writer.claim(encoder.identity)
        remove_newer(writer.edition.vectors, writer.generation())
        mirror = FolderSync(writer, commits, reporter, pace)
        for path in paths:
            mirror.mirror(one_name(path))
        bring_up_to_date(writer, encoder, reporter, pace.enough)
        return mirror.summary


def one_name(path: Path) -> Path:
    """The one name that a file or folder goes by: named twice, it would be in its own way."""
    path = path.absolute()
    if path.name == "..":
        return Path(os.path.realpath(path))
    # The system looks up links on the way before any "..", so "link/../b" need not be "b". The
    # last part keeps its own name, linked or not: it is the one by which the articles are known.
    return Path(os.path.realpath(path.parent), path.name)


def bring_up_to_date(
    writer: LocalWriter,
    encoder: Encoder,
    reporter: Reporter,
    enough: Callable[[], bool] = WHOLE.enough,
) -> None:
    """Finish what the truth leaves to do: the sweep, the words' index, the vectors, their index.

    Whatever an earlier run was killed in is finished too. Vectors can be left for a later run:
    see ``Pace``.
    """
    if writer.unswept():
        with writer.commit() as change:
            change.sweep()
    with closing(LocalReader(writer.path, writer.edition)) as library:
        with library.snapshot():
            WordIndex(writer.edition.words).catch_up(library)
        _encode_pending(writer, encoder, reporter, enough)
        with library.snapshot():
            VectorIndex(writer.edition.vectors, encoder.dimension).save(library)


def _encode_pending(
    writer: LocalWriter, encoder: Encoder, reporter: Reporter, enough: Callable[[], bool]
) -> None:
    pending = writer.pending()
    for start in range(0, len(pending), _BATCH_VECTORS):
        if enough():
            return

        def progress(done: int, _: int, start: int = start) -> None:
            reporter.progress("Encoding", start + done, len(pending))

        digests = pending[start : start + _BATCH_VECTORS]
        vectors = encoder.encode_passages(writer.encoder_texts(digests), progress)
        with writer.commit() as change:
            change.store_vectors(digests, vectors)
