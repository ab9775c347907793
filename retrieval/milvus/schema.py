"""The collections of a library, and how they are made and opened.

    <name>_passages  id, article, version, paragraph, start, stop, day, source, vector; and, where
                     the server has BM25, words and what it makes of them
    <name>_articles  id, version, file, about (JSON), text
    <name>_ledger    id, kind, article, version, moment, value: see ``Kind``

Milvus wants a vector in each collection; where there is nothing to find, it is ``unused``.
"""

import contextlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from retrieval.errors import LibraryError, MismatchError, NotALibraryError
from retrieval.milvus.rows import LONGEST_ABOUT, number_of
from retrieval.milvus.server import Server

VERSION = 1
"""Of the collections; goes up with every change that an older or newer Quoth could not read."""

STRONG = "Strong"
"""Sees all that was acknowledged: for whoever writes. It waits for the server's next tick."""

BOUNDED = "Bounded"
"""Sees what has arrived, some tenths of a second behind: for whoever asks."""

_LONGEST_WORDS = 8_192  # bytes: a passage, 160 characters of title, as terms
_LOAD_SECONDS = 60.0
_TRIES = 10  # a second apart
_BM25_SINCE = (2, 5)
_SCALARS = (99, 0)  # milvus-lite, which knows no index of numbers


class Kind(IntEnum):
    """What a row of the ledger is."""

    FACTS = 0  # value: what is known of the library as a whole
    FILE = 1  # value: what was known of a file when it was read
    CLAIM = 2  # article, since when (moment), by whom (value)
    GENERATION = 3  # moment: of the last change
    TEXT = 4  # article, version, which piece of its text (moment), the piece (value)


@dataclass(frozen=True, slots=True)
class Collections:
    """The names of a library's collections, and what they can do.

    Attributes:
        passages: see above.
        articles: see above.
        ledger: see above.
        encoder: whose vectors they hold.
        dimension: of these.
        words: whether the server finds words.
    """

    passages: str
    articles: str
    ledger: str
    encoder: str
    dimension: int
    words: bool


def exist(server: Server) -> bool:
    """Whether there is a library of the place's name.

    Raises:
        LibraryError: the server cannot be asked.
    """
    return bool(server.call("has_collection", f"{server.place.name}_ledger"))


def open_library(server: Server) -> Collections:
    """Open a library that exists.

    Raises:
        LibraryError: there is none, or the server cannot be asked.
        MismatchError: another version of Quoth made it.
    """
    opened = _open(server)
    if opened is None:
        raise NotALibraryError(f"{server.place}: no library there; run: quoth index")
    return opened


def make_library(server: Server, encoder: str, dimension: int) -> Collections:
    """Open a library for one encoder, making it where there is none; many may do so at once.

    Raises:
        LibraryError: the server cannot be asked.
        MismatchError: another encoder or another version of Quoth made it.
    """
    opened = _open(server)
    if opened is None:
        name = server.place.name
        words = server.version() >= _BM25_SINCE
        makers = (
            lambda: _make(server, f"{name}_passages", _passages_schema(dimension, words), words),
            lambda: _make(server, f"{name}_articles", _articles_schema()),
            lambda: _make(server, f"{name}_ledger", _ledger_schema()),
        )
        with ThreadPoolExecutor(len(makers)) as beside:
            for made in [beside.submit(make) for make in makers]:
                made.result()
        facts = {"schema": VERSION, "encoder": encoder, "dimension": dimension, "words": words}
        # Last: what has no facts is nobody's library yet.
        server.call("upsert", f"{name}_ledger", [ledger_row(Kind.FACTS, value=json.dumps(facts))])
        opened = open_library(server)
    check_encoder(server, opened, encoder)
    return opened


def check_encoder(server: Server, opened: Collections, encoder: str) -> None:
    """Refuse to compare the vectors of two encoders.

    Raises:
        MismatchError: they are not the same.
    """
    if opened.encoder != encoder:
        raise MismatchError(
            f"{server.place}: made with the encoder {opened.encoder}, not {encoder}; "
            "set QUOTH_ENCODER to the first, or index into another name"
        )


def ledger_row(
    kind: Kind,
    *named: object,
    article: int = 0,
    version: int = 0,
    moment: int | None = None,
    value: str = "",
) -> dict[str, Any]:
    """A row of the ledger.

    Args:
        kind: what it is.
        named: what tells it from others of its kind.
        article: key of the one that it is about.
        version: of that.
        moment: by default now, in milliseconds.
        value: what it says.
    """
    return {
        "id": number_of(kind.name, *named),
        "kind": int(kind),
        "article": article,
        "version": version,
        "moment": now() if moment is None else moment,
        "value": value,
        "unused": [0.0, 0.0],
    }


def now() -> int:
    """This machine's time in milliseconds; the indexers' clocks should agree within seconds."""
    return time.time_ns() // 1_000_000


def _open(server: Server) -> Collections | None:
    """Open a library; None where there is none, or it is only just made."""
    name = server.place.name
    if not exist(server):
        return None
    _load(server, f"{name}_ledger")
    facts = _facts(server, BOUNDED) or _facts(server, STRONG)
    if facts is None:
        return None
    if facts["schema"] != VERSION:
        what = "an older Quoth; index into another name"
        if facts["schema"] > VERSION:
            what = "a newer Quoth; run: pip install --upgrade quoth"
        raise MismatchError(f"{server.place}: made by {what}")
    opened = Collections(
        passages=f"{name}_passages",
        articles=f"{name}_articles",
        ledger=f"{name}_ledger",
        encoder=facts["encoder"],
        dimension=facts["dimension"],
        words=facts["words"],
    )
    for each in (opened.passages, opened.articles):
        _load(server, each)
    return opened


def _facts(server: Server, level: str) -> dict[str, Any] | None:
    found = server.call(
        "query",
        f"{server.place.name}_ledger",
        filter=f"id in [{number_of(Kind.FACTS.name)}]",
        output_fields=["value"],
        limit=1,
        consistency_level=level,
    )
    facts: dict[str, Any] | None = json.loads(found[0]["value"]) if found else None
    return facts


def _load(server: Server, name: str) -> None:
    """Have a collection searched; one that is loaded already, with its replicas, stays so."""
    if "Loaded" not in str(server.call("get_load_state", name)):
        server.call("load_collection", name, seconds=_LOAD_SECONDS)


def _make(server: Server, name: str, schema: Any, words: bool = False) -> None:
    """Make a collection with its indexes; another indexer may be doing so."""
    vectors, scalars = _index_params(), _index_params()
    if name.endswith("_passages"):
        vectors.add_index(
            "vector",
            index_type="HNSW",
            metric_type="IP",
            params={"M": 16, "efConstruction": 200},
        )
        if words:
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
            _load(server, name)
            return
        time.sleep(1)
    _load(server, name)


def _passages_schema(dimension: int, words: bool) -> Any:
    from pymilvus import DataType, Function, FunctionType

    schema = _schema(("article", "version", "paragraph", "start", "stop", "day", "source"))
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


def _schema(numbers: tuple[str, ...]) -> Any:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    for name in numbers:
        schema.add_field(name, DataType.INT64)
    return schema


def _index_params() -> Any:
    from pymilvus import MilvusClient

    return MilvusClient.prepare_index_params()
