"""A library in a folder, exported and imported."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from retrieval.documents.passages import Passage
from retrieval.errors import LibraryError
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.local.indexes.vector_files import remove_newer
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.indexes.word_updates import WordUpdates
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.schema import ENCODER_FACT
from retrieval.library.local.transaction import passages_of
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter, Summary, same_id
from retrieval.library.records import FileRecord
from retrieval.transfer.import_ import refuse_encoder

_READ = 100  # articles read together
_COMMITTED = 4_000  # passages committed together
_RECORDS = 5_000  # of files committed together


@contextmanager
def open_source(place: Path) -> Iterator["EmbeddedSource"]:
    """Open a library for exporting it, as it is at this moment.

    Raises:
        LibraryError: there is none, some of it waits for its vectors, or it holds nothing.
    """
    with closing(LocalReader(place)) as library, library.snapshot():
        yield EmbeddedSource(library)


class EmbeddedSource:
    """A ``Source`` in a folder.

    Args:
        library: it, in a snapshot.

    Attributes:
        header: what it holds.
        count: how many articles.
    """

    def __init__(self, library: LocalReader) -> None:
        if pending := library.pending():
            raise LibraryError(
                f"{library.path}: {pending:,} passages have no vector yet; run: quoth index"
            )
        row = library.connection.execute("SELECT length(vector) / 2 FROM vectors").fetchone()
        if row is None:
            raise LibraryError(f"{library.path}: holds no articles to export")
        self._library = library
        self.header = ExportHeader(str(library.fact(ENCODER_FACT)), int(row[0]), "float16")
        self.count = library.state().articles

    def articles(self) -> Iterator[ExportedArticle]:
        """Every article, in the order in which they came."""
        numbers = self._library.article_numbers()
        for start in range(0, len(numbers), _READ):
            chunk = numbers[start : start + _READ]
            files = self._library.article_files(chunk)
            for number, article in self._library.articles_by_number(chunk).items():
                rows = self._library.connection.execute(
                    "SELECT paragraph, start, stop, vector FROM passages JOIN vectors"
                    " USING (digest) WHERE article = ? ORDER BY start",
                    (number,),
                ).fetchall()
                vectors = np.frombuffer(b"".join(row[3] for row in rows), dtype=np.float16)
                passages = [Passage(*row[:3]) for row in rows]
                if vectors.size != len(rows) * self.header.dimension:
                    raise LibraryError(
                        f"{self._library.path}: the vectors of article {article.id} are of another"
                        " length; run: quoth verify --repair"
                    )
                shaped = vectors.reshape(len(rows), self.header.dimension)
                yield ExportedArticle(article, files[number] or "", passages, shaped)

    def files(self) -> Iterator[tuple[str, FileRecord]]:
        """What is known of the files that they came from."""
        _, rows = self._library.rows("files")
        for path, size, modified, sha256, complete in rows:
            yield path, FileRecord(size, modified, sha256, bool(complete))


@contextmanager
def open_sink(
    place: Path, header: ExportHeader, path: Path, reporter: Reporter
) -> Iterator["EmbeddedSink"]:
    """Open a library for importing into it, making it where there is none.

    Raises:
        MismatchError: it holds another encoder's vectors.
        LibraryError: it cannot be written.
    """
    with LocalWriter(place) as writer:
        with closing(LocalReader(place, writer.edition)) as library, library.snapshot():
            made_by = library.fact(ENCODER_FACT)
        if made_by is not None:
            refuse_encoder(path, header, place, str(made_by))
        writer.claim(header.encoder)
        remove_newer(writer.edition.vectors, writer.generation())
        with closing(EmbeddedSink(writer, header, reporter)) as sink:
            yield sink


class EmbeddedSink:
    """A ``Sink`` in a folder.

    Args:
        writer: of the library.
        header: what is imported.
        reporter: hears of problems.

    Attributes:
        summary: what was committed so far.
    """

    def __init__(self, writer: LocalWriter, header: ExportHeader, reporter: Reporter) -> None:
        self.summary = Summary()
        self._writer = writer
        self._dimension = header.dimension
        self._reporter = reporter
        self._words = WordUpdates(writer)
        self._waiting: list[ExportedArticle] = []
        self._passages = 0
        self._records: list[tuple[str, FileRecord]] = []
        self._unfinished: set[str] = set()  # files with articles that were refused

    def close(self) -> None:
        """Stop what works beside it; what was not committed is dropped."""
        self._words.close()

    def put(self, packed: ExportedArticle) -> None:
        """Add or replace an article, with the next commit."""
        owner = self._writer.file_of(packed.article.id)
        if owner and owner != packed.file and Path(owner).exists():
            self.summary.failed += 1
            self._unfinished.add(packed.file)
            self._reporter.problem(same_id(packed.file, packed.article.id, owner))
            return
        self._waiting.append(packed)
        self._passages += len(packed.passages)
        if self._passages >= _COMMITTED:
            self._commit()

    def record(self, path: str, record: FileRecord) -> None:
        """Remember what a file was, with the next commit."""
        whole = record.complete and path not in self._unfinished
        self._records.append((path, replace(record, complete=whole)))
        if len(self._records) >= _RECORDS:
            self._commit()

    def finish(self) -> None:
        """Commit the rest, and have all of it found."""
        self._commit()
        if self._writer.unswept():
            with self._writer.commit() as change:
                change.sweep()
        self._words.finish()
        library = LocalReader(self._writer.path, self._writer.edition)
        with closing(library), library.snapshot():
            VectorIndex(self._writer.edition.vectors, self._dimension).save(library)

    def _commit(self) -> None:
        done = Summary()
        with self._words.commit() as change:
            for packed in self._waiting:
                passages = passages_of(packed.article.title, packed.article.text)
                outcome = change.put(packed.article, packed.file, passages)
                done.count(outcome)
                # The same words may stand twice in an article, and have one vector.
                of = dict(zip((row[-1] for row in passages), packed.vectors, strict=True))
                change.store_vectors([*of], np.stack([*of.values()]))
            for path, record in self._records:
                change.record_file(path, record)
        self.summary.add(done)
        self._waiting, self._passages = [], 0
        self._records.clear()
