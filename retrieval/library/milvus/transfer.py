"""A library on a server, exported and imported."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from retrieval.errors import DamagedError
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.location import MilvusLocation
from retrieval.library.milvus.batches import MilvusBatches, committing
from retrieval.library.milvus.collections import make_library
from retrieval.library.milvus.opening import read
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import file_record, passages_of
from retrieval.library.milvus.schema import BOUNDED, STRONG, open_if_made
from retrieval.library.milvus.server import Row, Server
from retrieval.library.progress import Reporter
from retrieval.library.records import FileRecord
from retrieval.transfer.import_ import refuse_encoder

_READ = 100  # articles read together
_PASSAGES = 2_000  # with their vectors, in one answer of the server
_LOOKS = BOUNDED, STRONG, STRONG  # at articles that others change meanwhile
_RECORDS = 5_000  # of files written together


@contextmanager
def open_source(place: MilvusLocation) -> Iterator["MilvusSource"]:
    """Open a library for exporting it.

    Raises:
        LibraryError: there is none, or the server cannot be asked.
    """
    with closing(read(place)) as library:
        yield MilvusSource(library)


class MilvusSource:
    """A ``Source`` on a server: each article as it is when it is read.

    Args:
        library: it.

    Attributes:
        header: what it holds.
        count: about how many articles.
    """

    def __init__(self, library: MilvusReader) -> None:
        self._library = library
        self._server = library.server
        self._names = library.names
        self.header = ExportHeader(self._names.encoder, self._names.dimension, "float32")
        self.count = library.state().articles

    def articles(self) -> Iterator[ExportedArticle]:
        """Every article, in any order; of those that come or go meanwhile, some."""
        keys = (
            row["id"]
            for row in self._server.rows(self._names.articles, "", [], STRONG, expected=self.count)
        )
        while chunk := [*islice(keys, _READ)]:
            for level in _LOOKS:
                packed, chunk = self._pack(chunk, level)
                yield from packed
            if chunk:
                article = next(iter(self._library.heads(chunk, STRONG).values()), None)
                if article:
                    raise DamagedError(
                        f"{self._server.place}: passages of article {article.id} are missing;"
                        " run: quoth verify"
                    )

    def files(self) -> Iterator[tuple[str, FileRecord]]:
        """What is known of the files that they came from."""
        for value in self._library.files():
            path, record, _ = file_record(value)
            yield path, record

    def _pack(self, keys: Sequence[int], level: str) -> tuple[list[ExportedArticle], list[int]]:
        """Read articles with their passages; also returns the keys of those that changed."""
        heads = self._library.heads(keys, level)
        articles = self._library.articles(heads, level)
        if not articles:
            return [], []
        found: dict[tuple[int, int], dict[tuple[int, int, int], list[float]]] = {}
        where = f"article in [{', '.join(map(str, articles))}]"
        fields = ["article", "version", "paragraph", "start", "stop", "vector"]
        rows = self._server.rows(self._names.passages, where, fields, level, page=_PASSAGES)
        for row in rows:
            of = found.setdefault((row["article"], row["version"]), {})
            of[_place(row)] = row["vector"]
        packed, again = [], []
        for key, (version, article) in articles.items():
            passages = passages_of(article)
            there = found.get((key, version), {})
            wanted = [(each.paragraph, each.start, each.end) for each in passages]
            if heads[key].version != version or there.keys() != {*wanted}:
                again.append(key)
                continue
            vectors = np.array([there[each] for each in wanted], dtype=np.float32)
            packed.append(ExportedArticle(article, heads[key].file, passages, vectors))
        return packed, again


@contextmanager
def open_sink(
    place: MilvusLocation, header: ExportHeader, path: Path, reporter: Reporter
) -> Iterator["MilvusSink"]:
    """Open a library for importing into it, making it where there is none.

    Raises:
        MismatchError: it holds another encoder's vectors.
        LibraryError: the server cannot be asked.
    """
    with closing(Server(place)) as server:
        there = open_if_made(server)
        if there:
            refuse_encoder(path, header, place, there.encoder)
        names = there or make_library(server, header.encoder, header.dimension)
        with committing(MilvusReader(server, names), None, reporter) as commits:
            yield MilvusSink(commits)


class MilvusSink:
    """A ``Sink`` on a server; other indexers may be at work.

    Args:
        commits: into the library.

    Attributes:
        summary: what was acknowledged so far.
    """

    def __init__(self, commits: MilvusBatches) -> None:
        self.summary = commits.summary
        self._commits = commits
        self._records = 0

    def put(self, packed: ExportedArticle) -> None:
        """Add or replace an article, soon."""
        self._commits.put(packed.article, packed.file, packed.vectors.astype(np.float32))

    def record(self, path: str, record: FileRecord) -> None:
        """Remember what a file was, soon."""
        self._commits.record(path, record)
        self._records += 1
        if self._records % _RECORDS == 0:
            self._commits.commit()

    def finish(self) -> None:
        """Have all of it in."""
        self._commits.commit()
        self._commits.finish()


def _place(row: Row) -> tuple[int, int, int]:
    return row["paragraph"], row["start"], row["stop"]
