"""A library on a server, read for its export."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice

import numpy as np

from retrieval.errors import DamagedError
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.reader import MilvusReader, open_reader
from retrieval.library.milvus.rows import file_record, passages_of
from retrieval.library.milvus.schema import BOUNDED, STRONG
from retrieval.library.milvus.server import Row
from retrieval.library.records import FileRecord

_READ = 100  # articles read together
_PASSAGES = 2_000  # with their vectors, in one answer of the server
_LOOKS = BOUNDED, STRONG, STRONG  # at articles that others change meanwhile


@contextmanager
def open_source(location: MilvusLocation) -> Iterator["MilvusExportSource"]:
    with closing(open_reader(location)) as library:
        yield MilvusExportSource(library)


class MilvusExportSource:
    """An ``ExportSource`` on a server: each article as it is when it is read."""

    def __init__(self, library: MilvusReader) -> None:
        self._library = library
        self._server = library.server
        self._names = library.names
        self.header = ExportHeader(self._names.encoder, self._names.dimension, "float32")
        self.count = library.state().articles

    def articles(self) -> Iterator[ExportedArticle]:
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


def _place(row: Row) -> tuple[int, int, int]:
    return row["paragraph"], row["start"], row["stop"]
