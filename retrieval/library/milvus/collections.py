"""Makes the collections of a library, and their indexes."""

import contextlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from retrieval.errors import LibraryError
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.rows import LONGEST_ABOUT
from retrieval.library.milvus.schema import (
    BOUNDED,
    VERSION,
    Collections,
    Kind,
    check_encoder,
    ledger_row,
    load,
    open_if_made,
    open_library,
    other_encoder,
)
from retrieval.library.milvus.server import Server

_LONGEST_WORDS = 8_192  # bytes: a passage, 160 characters of title, as terms
_TRIES = 10  # a second apart
_BM25_SINCE = (2, 5)
_SCALARS = (99, 0)  # milvus-lite, which knows no index of numbers


def make_library(server: Server, encoder: str, dimension: int) -> Collections:
    """Open a library for one encoder, making it where there is none; many may do so at once.

    Raises:
        LibraryError: the server cannot be asked.
        MismatchError: another encoder or another version of Quoth made it.
    """
    opened = open_if_made(server)
    if opened is None:
        name = server.place.name
        words = server.version() >= _BM25_SINCE
        schemas = {
            "passages": _passages_schema(encoder, dimension, words),
            "articles": _articles_schema(),
            "ledger": _ledger_schema(),
        }
        with ThreadPoolExecutor(len(schemas)) as beside:
            makers = [
                beside.submit(_make, server.place, f"{name}_{part}", schema)
                for part, schema in schemas.items()
            ]
            for made in makers:
                made.result()
        described = server.call("describe_collection", f"{name}_passages")["description"]
        # Another was faster: a server makes a collection once. milvus-lite keeps no description.
        if described and described != encoder:
            raise other_encoder(server, described, encoder)
        facts = {"schema": VERSION, "encoder": encoder, "dimension": dimension, "words": words}
        # Last: what has no facts is nobody's library yet.
        server.call("upsert", f"{name}_ledger", [ledger_row(Kind.FACTS, value=json.dumps(facts))])
        opened = open_library(server)
    check_encoder(server, opened, encoder)
    return opened


def _make(place: MilvusLocation, name: str, schema: Any) -> None:
    """Make a collection with its indexes; another indexer may be doing so.

    It has a connection of its own: a call that fails, since the other was faster, closes it.
    """
    with closing(Server(place)) as server:
        _make_on(server, name, schema)


def _make_on(server: Server, name: str, schema: Any) -> None:
    vectors, scalars = _index_params(), _index_params()
    if name.endswith("_passages"):
        vectors.add_index(
            "vector",
            index_type="HNSW",
            metric_type="IP",
            params={"M": 16, "efConstruction": 200},
        )
        if schema.functions:
            vectors.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
    else:
        vectors.add_index("unused", index_type="FLAT", metric_type="L2")
    field = {"passages": "article", "articles": "file", "ledger": "article"}
    scalars.add_index(field[name.rpartition("_")[2]], index_type="STL_SORT")
    makers: list[Callable[[], object]] = [
        lambda: server.call("create_collection", name, schema=schema, consistency_level=BOUNDED),
        lambda: server.call("create_index", name, vectors),
    ]
    if server.version() != _SCALARS:
        makers.append(lambda: server.call("create_index", name, scalars))
    for make in makers:
        with contextlib.suppress(LibraryError):  # it is there already, or loading says why not
            make()
    for _ in range(_TRIES):
        with contextlib.suppress(LibraryError):  # the other one is not so far
            load(server, name)
            return
        time.sleep(1)
    load(server, name)


def _passages_schema(encoder: str, dimension: int, words: bool) -> Any:
    from pymilvus import DataType, Function, FunctionType

    numbers = "article", "version", "paragraph", "start", "stop", "day", "source"
    schema = _schema(numbers, description=encoder)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    if words:
        schema.add_field(
            "words",
            DataType.VARCHAR,
            max_length=_LONGEST_WORDS,
            enable_analyzer=True,
            analyzer_params={"tokenizer": "standard"},
        )
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function(
                name="bm25",
                function_type=FunctionType.BM25,
                input_field_names=["words"],
                output_field_names=["sparse"],
            )
        )
    return schema


def _articles_schema() -> Any:
    from pymilvus import DataType

    schema = _schema(("version", "file"))
    schema.add_field("about", DataType.VARCHAR, max_length=LONGEST_ABOUT)
    schema.add_field("text", DataType.VARCHAR, max_length=LONGEST_ABOUT)
    schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)
    return schema


def _ledger_schema() -> Any:
    from pymilvus import DataType

    schema = _schema(("kind", "article", "version", "moment"))
    schema.add_field("value", DataType.VARCHAR, max_length=LONGEST_ABOUT)
    schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)
    return schema


def _schema(numbers: tuple[str, ...], description: str = "") -> Any:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(
        auto_id=False, enable_dynamic_field=False, description=description
    )
    schema.add_field("id", DataType.INT64, is_primary=True)
    for name in numbers:
        schema.add_field(name, DataType.INT64)
    return schema


def _index_params() -> Any:
    from pymilvus import MilvusClient

    return MilvusClient.prepare_index_params()
