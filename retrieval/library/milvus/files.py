"""The files that a library was made of, as its ledger knows them."""

from dataclasses import replace

from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import file_record, number_of
from retrieval.library.milvus.schema import STRONG, Kind
from retrieval.library.milvus.writer import MilvusWriter


def read_again(library: MilvusReader, writer: MilvusWriter, file: str) -> None:
    """Have the next run that comes by a file read it, changed or not."""
    number = number_of(Kind.FILE.name, file)
    found = library.server.row(library.names.ledger, number, ["value"], STRONG)
    if found:
        name, record, articles = file_record(found["value"])
        writer.record([(name, replace(record, complete=False), articles)])
