"""The one way to write a library on a server; any number of sessions share the work."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from retrieval.library.milvus.batches import MilvusBatches
from retrieval.library.milvus.collections import make_library
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.schema import open_library
from retrieval.library.milvus.server import Server
from retrieval.library.milvus.transaction import MilvusTransaction
from retrieval.library.progress import Reporter
from retrieval.library.records import FileRecord, VectorSpace
from retrieval.models.encoder.base import Encoder


@contextmanager
def open_session(
    location: MilvusLocation, encoder: VectorSpace | None, reporter: Reporter
) -> Iterator["MilvusSession"]:
    """A session; see ``Library.session``. One that fails leaves nothing for others to wait for."""
    with closing(Server(location)) as server:
        if encoder:
            names = make_library(server, encoder.identity, encoder.dimension)
        else:
            names = open_library(server)
        with closing(MilvusSession(MilvusReader(server, names), encoder, reporter)) as session:
            try:
                yield session
                session.finish()
            except BaseException:
                session.give_up()
                raise


class MilvusSession(MilvusBatches):
    """A ``WriteSession`` on a server.

    Articles come with their vectors, and others see each as soon as it is in: nothing is pending,
    and there is no index to catch up.
    """

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        return self._library.files_known_under(path)

    def ids_from(self, file: str) -> list[str]:
        return self._library.ids_from(file)

    @contextmanager
    def transaction(self) -> Iterator[MilvusTransaction]:
        transaction = MilvusTransaction(self._library, self)
        yield transaction
        transaction.commit()

    @contextmanager
    def reader(self) -> Iterator[MilvusReader]:
        yield self._library

    def encode_pending(self, encoder: Encoder, enough: Callable[[], bool] = lambda: False) -> None:
        """Nothing waits for its vector."""
