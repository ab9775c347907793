"""The ``Library`` on a Milvus server: its door.

What each method needs is imported inside it: a process that asks needs nothing that writes.
"""

from contextlib import AbstractContextManager, ExitStack, closing
from typing import TYPE_CHECKING

from retrieval.errors import NeedsFolderError
from retrieval.library.milvus import schema
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.server import Server
from retrieval.library.progress import Reporter
from retrieval.library.records import RolledBack, Status, VectorSpace
from retrieval.library.report import Repaired, Report
from retrieval.models.encoder.base import Encoder

if TYPE_CHECKING:
    from retrieval.library.milvus.export import MilvusExportSource
    from retrieval.library.milvus.reader import MilvusReader
    from retrieval.library.milvus.searcher import MilvusSearcher
    from retrieval.library.milvus.write_session import MilvusSession


class MilvusLibrary:
    """A ``Library`` on a server."""

    folder = None

    def __init__(self, location: MilvusLocation) -> None:
        self._location = location

    def __str__(self) -> str:
        return str(self._location)

    def exists(self) -> bool:
        with closing(Server(self._location)) as server:
            return schema.exist(server)

    def status(self) -> Status:
        with closing(self.reader()) as library:
            return library.status()

    def reader(self) -> "MilvusReader":
        from retrieval.library.milvus.reader import open_reader

        return open_reader(self._location)

    def reader_if_made(self) -> "MilvusReader | None":
        from retrieval.library.milvus.reader import MilvusReader

        with ExitStack() as stack:
            server = stack.enter_context(closing(Server(self._location)))
            made = schema.open_if_made(server)
            if made is None:
                return None
            reader = MilvusReader(server, made)
            stack.pop_all()  # the connection is the reader's now
            return reader

    def searcher(self, encoder: Encoder) -> "MilvusSearcher":
        from retrieval.library.milvus.searcher import MilvusSearcher

        return MilvusSearcher(self._location, encoder)

    def session(
        self, encoder: VectorSpace | None, reporter: Reporter, *, wait: float | None = None
    ) -> "AbstractContextManager[MilvusSession]":
        from retrieval.library.milvus.write_session import open_session

        return open_session(self._location, encoder, reporter)

    def export_source(self) -> "AbstractContextManager[MilvusExportSource]":
        from retrieval.library.milvus.export import open_source

        return open_source(self._location)

    def verify(self, reporter: Reporter) -> Report:
        from retrieval.library.milvus.verify import verify

        return verify(self._location, reporter)

    def repair(self, encoder: Encoder, reporter: Reporter) -> Repaired:
        from retrieval.library.milvus.repair import repair

        return repair(self._location, encoder, reporter)

    def require_editions(self, what: str) -> None:
        raise self._needs_folder(what)

    def rebuild(self, encoder: Encoder, reporter: Reporter) -> int:
        raise self._needs_folder("quoth index --rebuild")

    def roll_back(self) -> RolledBack:
        raise self._needs_folder("quoth index --rollback")

    def _needs_folder(self, what: str) -> NeedsFolderError:
        return NeedsFolderError(
            f"{self._location}: {what} needs a library in a folder; set QUOTH_LIBRARY to one"
        )
