"""The one way to write a library in a folder.

    claim  ─▶  drop what is newer than the database  ─▶  commit …  ─▶  catch up

*Claim*: the writer's lock is held, and the library is of the session's encoder. *Drop*: where the
database was restored from a copy, its indexes are of later commits, whose numbers come again for
other passages. *Catch up*: what no passage needs is swept, and both indexes are brought up to the
last commit, those of runs that were killed among them.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from retrieval.library.local.batches import Batches
from retrieval.library.local.indexes import vector_files, word_files
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.transaction import LocalTransaction
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.library.records import FileRecord, VectorSpace
from retrieval.models.encoder.base import Encoder

_ENCODED_TOGETHER = 512  # passages: some two seconds of work, after which ``enough`` is asked


@contextmanager
def open_session(
    path: Path, encoder: VectorSpace | None, reporter: Reporter, wait: float | None = None
) -> Iterator["LocalSession"]:
    """A session of the current edition, made where there is none; see ``Library.session``."""
    with (
        LocalWriter(path, wait=wait) as writer,
        closing(LocalSession(writer, encoder, reporter)) as session,
    ):
        yield session
        session.catch_up()


def drop_newer(writer: LocalWriter) -> None:
    """Drop indexes that are newer than the database, which was restored from a copy."""
    edition = writer.edition
    vector_files.remove_newer(edition.vectors, writer.changes.generation())
    word_files.remove_newer(edition.words, writer.changes.text_generation())


class LocalSession(Batches):
    """A ``WriteSession`` in a folder.

    Args:
        writer: which holds the library's lock.

    Raises:
        MismatchError: another encoder made it.
    """

    def __init__(
        self, writer: LocalWriter, encoder: VectorSpace | None, reporter: Reporter
    ) -> None:
        if encoder:
            writer.claim(encoder.identity)
        drop_newer(writer)
        super().__init__(writer)
        self._encoder = encoder
        self._reporter = reporter

    def transaction(self) -> AbstractContextManager[LocalTransaction]:
        return self._words.commit()

    @contextmanager
    def reader(self) -> Iterator[LocalReader]:
        with (
            closing(LocalReader(self._writer.path, self._writer.edition)) as reader,
            reader.uncounted(),
        ):
            yield reader

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        return self._writer.changes.files_known_under(path)

    def ids_from(self, file: str) -> list[str]:
        return self._writer.changes.ids_from(file)

    def encode_pending(self, encoder: Encoder, enough: Callable[[], bool] = lambda: False) -> None:
        self._sweep()
        self._words.catch_up()
        pending = self._writer.pending()
        for start in range(0, len(pending), _ENCODED_TOGETHER):
            if enough():
                return

            def progress(done: int, _: int, start: int = start) -> None:
                self._reporter.progress("Encoding", start + done, len(pending))

            digests = pending[start : start + _ENCODED_TOGETHER]
            vectors = encoder.encode_passages(self._writer.encoder_texts(digests), progress)
            with self._writer.commit() as change:
                change.store_vectors(digests, vectors)

    def catch_up(self) -> None:
        self._sweep()
        self._words.catch_up()
        if self._encoder:
            with self.reader() as library:
                index = VectorIndex(self._writer.edition.vectors, self._encoder.dimension)
                index.save(library)

    def _sweep(self) -> None:
        if self._writer.unswept():
            with self._writer.commit() as change:
                change.sweep()
