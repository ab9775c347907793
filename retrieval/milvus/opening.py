"""Looks at a library on a server, for a moment."""

import json
from collections.abc import Iterator
from contextlib import closing

from retrieval.interface import Status
from retrieval.milvus import schema
from retrieval.milvus.reading import MilvusLibrary
from retrieval.milvus.server import Server
from retrieval.place import MilvusPlace


def exists(place: MilvusPlace) -> bool:
    """Whether there is a library; raises a LibraryError where the server cannot be asked."""
    with closing(Server(place)) as server:
        return schema.exist(server)


def read(place: MilvusPlace) -> MilvusLibrary:
    """Open a library for reading; raises a LibraryError where that cannot be done."""
    return MilvusLibrary(Server(place))


def status(place: MilvusPlace) -> Status:
    """Say what a library holds; raises a LibraryError where it cannot be opened."""
    with closing(read(place)) as library:
        return library.status()


def files(place: MilvusPlace) -> Iterator[str]:
    """The paths of the files that it was made of; raises what ``status`` does."""
    with closing(read(place)) as library:
        for value in library.files():
            yield str(json.loads(value)["path"])
