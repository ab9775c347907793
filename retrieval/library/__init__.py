"""The library: everything that was indexed, wherever it is kept.

    base          the protocols: a ``Library``, and what it is opened as
    writing       the protocol of a ``WriteSession``, the one way to change it
    location      where a library is, as a setting names it
    records       what every kind knows of articles, passages and files
    feed_records  and of feeds
    exported      articles with their vectors, on their way from one library to another
    filter        which articles a question is about
    fusion        words and vectors together: the candidates for an answer
    progress      what a run tells, and what it has done
    report        what a check found
    local/        the library in a folder: SQLite, tantivy, FAISS
    milvus/       the library on a Milvus server

``open`` is the one door: nothing outside ``local`` and ``milvus`` imports them, or asks which kind
a library is. It imports ``models`` and ``documents``.
"""

from contextlib import closing
from pathlib import Path

from retrieval.errors import LibraryError
from retrieval.library.base import Library
from retrieval.library.location import Location

__all__ = ["Library", "Location", "follows_feeds", "open"]


def open(location: Location) -> Library:
    """The library at a location; nothing is opened, or made, before it is asked for.

    Args:
        location: a folder, or the address of one on a server.
    """
    # Imported here because a process opens one kind alone.
    if not isinstance(location, Path):
        from retrieval.library.milvus.library import MilvusLibrary

        return MilvusLibrary(location)
    from retrieval.library.local.library import LocalLibrary

    return LocalLibrary(location)


def follows_feeds(location: Location) -> bool:
    """Whether there is a library that can be opened, and it follows a feed."""
    try:
        reader = open(location).reader()
    except LibraryError:  # not made yet, or what is wrong with it is told elsewhere
        return False
    with closing(reader), reader.snapshot():
        return bool(reader.feeds.records())
