"""The collections of a library, and how they are opened; ``collections.py`` makes them.

    <name>_passages  id, article, version, paragraph, start, stop, day, source, vector; and, where
                     the server has BM25, words and what it makes of them
    <name>_articles  id, version, file, about (JSON), text
    <name>_ledger    id, kind, article, version, moment, value: see ``Kind``

Milvus wants a vector in each collection; where there is nothing to find, it is ``unused``.
"""

import json
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from retrieval.errors import MismatchError, NotALibraryError
from retrieval.library.milvus.rows import number_of
from retrieval.library.milvus.server import Server

VERSION = 1
"""Of the collections; goes up with every change that an older or newer Quoth could not read."""

STRONG = "Strong"
"""Sees all that was acknowledged: for whoever writes. It waits for the server's next tick."""

BOUNDED = "Bounded"
"""Sees what has arrived, some tenths of a second behind: for whoever asks."""

_LOAD_SECONDS = 60.0


class Kind(IntEnum):
    """What a row of the ledger is."""

    FACTS = 0  # value: what is known of the library as a whole
    FILE = 1  # value: what was known of a file when it was read
    CLAIM = 2  # article, since when (moment), by whom (value)
    GENERATION = 3  # moment: of the last change
    TEXT = 4  # article, version, which piece of its text (moment), the piece (value)
    FEED = 5  # value: a feed
    FEED_ITEM = 6  # of which feed (article), its page (version), its article (moment), item (value)
    PAGE = 7  # value: the article with some words at an address, whatever its query


@dataclass(frozen=True, slots=True)
class Collections:
    """The names of a library's collections, and what they can do.

    Attributes:
        words: whether the server finds words.
    """

    passages: str
    articles: str
    ledger: str
    encoder: str
    dimension: int
    words: bool


def exist(server: Server) -> bool:
    """Whether there is a library of the place's name; LibraryError where that can't be known."""
    return bool(server.call("has_collection", f"{server.place.name}_ledger"))


def open_library(server: Server) -> Collections:
    """Open a library that exists.

    Raises:
        LibraryError: there is none, or the server cannot be asked.
        MismatchError: another version of Quoth made it.
    """
    opened = open_if_made(server)
    if opened is None:
        raise NotALibraryError(f"{server.place}: no library there; run: quoth index")
    return opened


def check_encoder(server: Server, opened: Collections, encoder: str) -> None:
    """Refuse to compare the vectors of two encoders, with a MismatchError."""
    if opened.encoder != encoder:
        raise other_encoder(server, opened.encoder, encoder)


def other_encoder(server: Server, made_by: str, encoder: str) -> MismatchError:
    """What is said of a library whose vectors are another encoder's."""
    return MismatchError(
        f"{server.place}: made with the encoder {made_by}, not {encoder}; "
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
        named: what tells it from others of its kind.
        article: key of the one that it is about.
        moment: by default now, in milliseconds.
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


def open_if_made(server: Server) -> Collections | None:
    """Open a library; None where there is none, or it is only just made."""
    name = server.place.name
    if not exist(server):
        return None
    load(server, f"{name}_ledger")
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
        load(server, each)
    return opened


def _facts(server: Server, level: str) -> dict[str, Any] | None:
    number = number_of(Kind.FACTS.name)
    found = server.row(f"{server.place.name}_ledger", number, ["value"], level)
    facts: dict[str, Any] | None = json.loads(found["value"]) if found else None
    return facts


def load(server: Server, name: str) -> None:
    """Have a collection searched; one that is loaded already, with its replicas, stays so."""
    if "Loaded" not in str(server.call("get_load_state", name)):
        server.call("load_collection", name, seconds=_LOAD_SECONDS)
