"""A library in a folder, read for its export."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from retrieval.documents.passages import Passage
from retrieval.errors import LibraryError
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.local.reader import LocalReader
from retrieval.library.records import FileRecord

_READ = 100  # articles read together


@contextmanager
def open_source(place: Path) -> Iterator["LocalExportSource"]:
    """Open a library for exporting it, as it is at this moment."""
    with closing(LocalReader(place)) as library, library.snapshot():
        yield LocalExportSource(library)


class LocalExportSource:
    """An ``ExportSource`` in a folder.

    Args:
        library: it, in a snapshot.
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
        self.header = ExportHeader(str(library.encoder()), int(row[0]), "float16")
        self.count = library.state().articles

    def articles(self) -> Iterator[ExportedArticle]:
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
        _, rows = self._library.rows("files")
        for path, size, modified, sha256, complete in rows:
            yield path, FileRecord(size, modified, sha256, bool(complete))
