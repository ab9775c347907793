"""Looks at a library on a server, for a moment."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from retrieval.library.base import Status
from retrieval.library.location import MilvusLocation
from retrieval.library.milvus import schema
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import file_record, head_of
from retrieval.library.milvus.schema import STRONG
from retrieval.library.milvus.server import Server


def exists(place: MilvusLocation) -> bool:
    """Whether there is a library; raises a LibraryError where the server cannot be asked."""
    with closing(Server(place)) as server:
        return schema.exist(server)


def read(place: MilvusLocation) -> MilvusReader:
    """Open a library for reading; raises a LibraryError where that cannot be done."""
    server = Server(place)
    try:
        return MilvusReader(server)
    except BaseException:
        server.close()
        raise


def status(place: MilvusLocation) -> Status:
    """Say what a library holds; raises a LibraryError where it cannot be opened."""
    with closing(read(place)) as library:
        return library.status()


def files(place: MilvusLocation) -> Iterator[str]:
    """The paths of the files that it was made of; raises what ``status`` does."""
    with closing(read(place)) as library:
        for value in library.files():
            yield file_record(value)[0]


def tables(place: MilvusLocation) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """The files and the articles, but for their texts, as tables of a library in a folder.

    Returns:
        Columns and rows of each table; none where there is no library.

    Raises:
        LibraryError: the server cannot be asked, or another version made the library.
    """
    with closing(Server(place)) as server:
        opened = schema.open_if_made(server)
        if opened is None:
            return {}
        library = MilvusReader(server, opened)
        files = [
            (path, record.size, record.modified, record.sha256, record.complete)
            for path, record, _ in map(file_record, library.files())
        ]
        heads = map(head_of, server.rows(opened.articles, "", ["version", "about"], STRONG))
        articles = [
            (head.id, head.title, head.date, head.source, head.url, head.sha256, head.file, "")
            for head in heads
        ]
    return {
        "files": (["path", "size", "modified", "sha256", "complete"], files),
        "articles": (
            ["id", "title", "date", "source", "url", "sha256", "file", "text"],
            articles,
        ),
    }
