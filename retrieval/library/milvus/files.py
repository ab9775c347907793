"""The files that a library was made of, as its ledger knows them."""

from dataclasses import replace

from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import file_record, head_of, number_of
from retrieval.library.milvus.schema import BOUNDED, STRONG, Kind
from retrieval.library.milvus.writer import MilvusWriter
from retrieval.library.records import FileRecord


class Known:
    """What a library says of the files that it was made of: ``KnownFiles``."""

    def __init__(self, library: MilvusReader) -> None:
        self._library = library

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        """The indexed files at or under a path: what was known, and how many articles it has."""
        path = path.rstrip("/")
        known = {}
        for value in self._library.files():
            name, record, articles = file_record(value)
            if name == path or name.startswith(f"{path}/"):
                known[name] = record, articles
        return dict(sorted(known.items()))

    def ids_from(self, file: str) -> list[str]:
        """The ids of the articles that came from a file."""
        where = f"file == {number_of('file', file)}"
        names = self._library.names
        rows = self._library.server.rows(names.articles, where, ["version", "about"], BOUNDED)
        return [head.id for head in map(head_of, rows) if head.file == file]


def read_again(library: MilvusReader, writer: MilvusWriter, file: str) -> None:
    """Have the next run that comes by a file read it, changed or not."""
    number = number_of(Kind.FILE.name, file)
    found = library.server.row(library.names.ledger, number, ["value"], STRONG)
    if found:
        name, record, articles = file_record(found["value"])
        writer.record([(name, replace(record, complete=False), articles)])
