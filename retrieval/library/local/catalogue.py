"""Articles by their titles and sources, for lists and suggestions: without reading any text.

Functions over a ``LocalReader``, to be called inside its snapshot. What they read stands in one
index (``articles_in_short``); an older library that was not written since does without, slower.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.library.local.reader import LocalReader

_ENTRY = "id, date, title, source, sha256"
_LAST = chr(0x10FFFF)  # comes after every character that a source may go on with


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article in a list.

    Attributes:
        id: in the library.
        date: YYYY-MM-DD, or None.
        title: one line.
        source: who published it, or None.
        sha256: of its text.
    """

    id: str
    date: str | None
    title: str
    source: str | None
    sha256: str


def sources(library: LocalReader, holding: str = "") -> Iterator[str]:
    """The different sources, those first that begin with some words, then those that hold them.

    Args:
        library: whose.
        holding: the words, without regard to case.
    """
    _fold(library)
    rows = library.connection.execute(
        # From one to the next greater one, over all their articles in the index.
        "WITH RECURSIVE each (source) AS (SELECT min(source) FROM articles UNION ALL"
        " SELECT (SELECT min(source) FROM articles WHERE source > each.source)"
        " FROM each WHERE source IS NOT NULL)"
        " SELECT source, instr(fold(source), ?1) AS place FROM each"
        " WHERE place > 0 ORDER BY place > 1, source",
        (holding.casefold(),),
    )
    return (row[0] for row in rows)


def beginning(library: LocalReader, source: str) -> list[ListedArticle]:
    """The articles whose source begins so, the newest first, those without a date last."""
    rows = library.connection.execute(
        f"SELECT {_ENTRY} FROM articles WHERE source >= ? AND source < ?"  # noqa: S608 - constants
        " ORDER BY date IS NULL, date DESC, id",
        (source, source + _LAST),
    )
    return [ListedArticle(*row) for row in rows]


def count_others(library: LocalReader, source: str, words: Sequence[str] = ()) -> int:
    """How many ``others`` there are."""
    where, values = _others(library, source, words)
    (count,) = library.connection.execute(
        f"SELECT count(*) FROM articles WHERE {where}",  # noqa: S608 - of constants
        values,
    ).fetchone()
    return int(count)


def others(
    library: LocalReader, source: str, words: Sequence[str], first: int, count: int
) -> list[ListedArticle]:
    """Some of the articles whose source does not begin so; ordered as ``beginning``.

    Args:
        library: whose.
        source: what the source does not begin with.
        words: that the title holds, without regard to case.
        first: how many to pass over.
        count: how many at most.
    """
    where, values = _others(library, source, words)
    rows = library.connection.execute(
        f"SELECT {_ENTRY} FROM articles WHERE {where}"  # noqa: S608 - of constants
        " ORDER BY date IS NULL, date DESC, id LIMIT ? OFFSET ?",
        (*values, count, first),
    )
    return [ListedArticle(*row) for row in rows]


def _others(library: LocalReader, source: str, words: Sequence[str]) -> tuple[str, list[str | int]]:
    _fold(library)
    where = "(source IS NULL OR substr(source, 1, ?) <> ?)"
    where += " AND instr(fold(title), ?)" * len(words)
    return where, [len(source), source, *(word.casefold() for word in words)]


def _fold(library: LocalReader) -> None:
    """SQLite itself knows the case of A to Z alone."""
    library.connection.create_function("fold", 1, _folded, deterministic=True)


def _folded(text: str | None) -> str | None:
    return None if text is None else text.casefold()
