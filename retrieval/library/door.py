"""Opens a library by its place, whichever kind is there; refuses by name what a kind lacks."""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from retrieval.errors import NeedsFolderError
from retrieval.library.base import LibraryReader, LibrarySearcher, Status
from retrieval.library.local import folder
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.schema import ENCODER_FACT
from retrieval.library.local.writer import LocalWriter
from retrieval.library.location import Location
from retrieval.models.encoder.base import Encoder


def exists(place: Location) -> bool:
    """Whether there is a library.

    Raises:
        LibraryError: something else is there, or it cannot be known.
    """
    if isinstance(place, Path):
        return folder.exists(place)
    from retrieval.library.milvus import opening

    return opening.exists(place)


def open_for_asking(place: Location, encoder: Encoder) -> LibrarySearcher:
    """Open a library for questions.

    Args:
        place: where it is.
        encoder: the one that made its vectors.

    Raises:
        LibraryError: it cannot be opened, or another encoder made it.
    """
    # Imported here because a process asks one kind alone.
    if isinstance(place, Path):
        from retrieval.library.local.searcher import LocalSearcher

        return LocalSearcher(place, encoder)
    from retrieval.library.milvus.searcher import MilvusSearcher

    return MilvusSearcher(place, encoder)


def open_for_reading(place: Location) -> LibraryReader:
    """Open a library for reading its articles.

    Raises:
        LibraryError: it cannot be opened.
    """
    if isinstance(place, Path):
        return LocalReader(place)
    from retrieval.library.milvus import opening

    return opening.read(place)


def status(place: Location) -> Status:
    """Say what a library holds.

    Raises:
        LibraryError: it cannot be opened.
    """
    if not isinstance(place, Path):
        from retrieval.library.milvus import opening

        return opening.status(place)
    with closing(LocalReader(place)) as library, library.snapshot() as state:
        encoder = library.fact(ENCODER_FACT)
        pending = library.pending()
    # Now without the files of being open.
    return Status(state, pending, None if encoder is None else str(encoder), _size(place))


def remove_article(place: Location, article_id: str) -> bool:
    """Remove an article; False where there is none of that id.

    Raises:
        LibraryError: there is no library, or it cannot be written.
    """
    if not isinstance(place, Path):
        from retrieval.library.milvus.index import remove_article as remove

        return remove(place, article_id)
    LocalReader(place).close()  # a library that is not there is not made here
    with LocalWriter(place) as writer:
        if writer.unknown([article_id]):
            return False  # and nothing is committed
        with writer.commit() as change:
            change.remove(article_id)
            change.sweep()
    return True


def files_under(place: Location, root: Path) -> Iterator[str]:
    """The paths of the files that a library was made of; some may not be under the root.

    Raises:
        LibraryError: it cannot be opened.
    """
    if not isinstance(place, Path):
        from retrieval.library.milvus import opening

        yield from opening.files(place)
        return
    with closing(LocalReader(place)) as library, library.snapshot():
        _, files = library.rows("files")
        yield from (name for name, *_ in files)


def folder_of(place: Location, what: str) -> Path:
    """The folder of a library in one.

    Args:
        place: where the library is.
        what: needs a folder, for what is said where there is none.

    Raises:
        NeedsFolderError: it is on a server.
    """
    if isinstance(place, Path):
        return place
    raise NeedsFolderError(f"{place}: {what} needs a library in a folder; set QUOTH_LIBRARY to one")


def _size(library: Path) -> int:
    """Bytes of its files; those that a writer removes meanwhile count as nothing."""
    total = 0
    for path, _, names in os.walk(library):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(path, name).stat().st_size
    return total
