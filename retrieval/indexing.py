"""Makes the library agree with files and folders: adds, updates, removes.

Words first: articles are committed with their passages in batches, and findable by their words
at once. Vectors follow, those of the newest articles first; an interrupted run goes on where it
stopped.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from retrieval.encoding.encoder import Encoder
from retrieval.library import Library, LibraryWriter
from retrieval.mirroring import Mirror, Reporter, Summary
from retrieval.search.vectors import VectorIndex
from retrieval.search.words import WordIndex

__all__ = ["Reporter", "Summary", "bring_up_to_date", "index"]

_BATCH_VECTORS = 2_048


def index(paths: Sequence[Path], library: Path, encoder: Encoder, reporter: Reporter) -> Summary:
    """Make a library agree with files and folders.

    Args:
        paths: what to read. Articles that came from under them and are no longer there are
            removed; articles from elsewhere stay.
        library: its folder; made where there is none.
        encoder: whose vectors the library holds.
        reporter: hears of problems and progress.

    Returns:
        What was done. Whatever could be read is in, whatever else failed.

    Raises:
        LibraryError: the library cannot be written; what was committed until then is kept.
    """
    with LibraryWriter(library) as writer, closing(Mirror(writer, reporter)) as mirror:
        writer.claim(encoder.identity)
        for path in paths:
            mirror.mirror(one_name(path))
        if writer.unswept():
            with writer.commit() as change:
                change.sweep()
        bring_up_to_date(writer, encoder, reporter)
        return mirror.summary


def one_name(path: Path) -> Path:
    """The one name that a file or folder goes by: named twice, it would be in its own way."""
    path = path.absolute()
    if path.name == "..":
        return Path(os.path.realpath(path))
    # The system looks up links on the way before any "..", so "link/../b" need not be "b". The
    # last part keeps its own name, linked or not: it is the one by which the articles are known.
    return Path(os.path.realpath(path.parent), path.name)


def bring_up_to_date(writer: LibraryWriter, encoder: Encoder, reporter: Reporter) -> None:
    """Finish what the truth leaves to do: the words' index, the vectors, the vectors' index.

    Whatever an earlier run was killed in is finished too.
    """
    with closing(Library(writer.path, writer.edition)) as library:
        with library.snapshot():
            WordIndex(writer.edition.words).catch_up(library)
        _encode_pending(writer, encoder, reporter)
        index_of_vectors = VectorIndex(writer.edition.vectors, encoder.dimension)
        with library.snapshot():
            index_of_vectors.catch_up(library)
        index_of_vectors.save()


def _encode_pending(writer: LibraryWriter, encoder: Encoder, reporter: Reporter) -> None:
    pending = writer.pending()
    for start in range(0, len(pending), _BATCH_VECTORS):

        def progress(done: int, _: int, start: int = start) -> None:
            reporter.progress("Encoding", start + done, len(pending))

        digests = pending[start : start + _BATCH_VECTORS]
        vectors = encoder.encode_passages(writer.encoder_texts(digests), progress)
        with writer.commit() as change:
            change.store_vectors(digests, vectors)
