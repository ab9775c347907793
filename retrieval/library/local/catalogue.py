"""Articles by their titles and sources, for lists and suggestions: without reading any text.

What is read stands in one SQLite index (``articles_in_short``); an older library that was not
written since does without, slower.
"""

import sqlite3
from collections.abc import Iterator, Sequence

from retrieval.library.records import ListedArticle

_COLUMNS = "id, date, title, source, sha256"
_NEWEST_FIRST = "ORDER BY date IS NULL, date DESC, id"
_LAST = chr(0x10FFFF)  # comes after every character that a source may go on with


class Catalogue:
    """The lists of a ``LocalReader``; read them inside its snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # SQLite itself knows the case of A to Z alone.
        connection.create_function("fold", 1, _folded, deterministic=True)

    def list_articles(self) -> Iterator[ListedArticle]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM articles {_NEWEST_FIRST}")  # noqa: S608
        return map(ListedArticle._make, rows)

    def sources_with(self, words: str) -> Iterator[str]:
        rows = self._connection.execute(
            # From one to the next greater one, over all their articles in the index.
            "WITH RECURSIVE each (source) AS (SELECT min(source) FROM articles UNION ALL"
            " SELECT (SELECT min(source) FROM articles WHERE source > each.source)"
            " FROM each WHERE source IS NOT NULL)"
            " SELECT source, instr(fold(source), ?1) AS place FROM each"
            " WHERE place > 0 ORDER BY place > 1, source",
            (words.casefold(),),
        )
        return (row[0] for row in rows)

    def articles_of(self, source: str) -> list[ListedArticle]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM articles WHERE source >= ? AND source < ?"  # noqa: S608
            f" {_NEWEST_FIRST}",
            (source, source + _LAST),
        )
        return [*map(ListedArticle._make, rows)]

    def count_others(self, source: str, words: Sequence[str] = ()) -> int:
        where, values = _others(source, words)
        (count,) = self._connection.execute(
            f"SELECT count(*) FROM articles WHERE {where}",  # noqa: S608 - of constants
            values,
        ).fetchone()
        return int(count)

    def others(
        self, source: str, words: Sequence[str], first: int, count: int
    ) -> list[ListedArticle]:
        where, values = _others(source, words)
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM articles WHERE {where} {_NEWEST_FIRST}"  # noqa: S608
            " LIMIT ? OFFSET ?",
            (*values, count, first),
        )
        return [*map(ListedArticle._make, rows)]


def _others(source: str, words: Sequence[str]) -> tuple[str, list[str | int]]:
    where = "(source IS NULL OR substr(source, 1, ?) <> ?)"
    where += " AND instr(fold(title), ?)" * len(words)
    return where, [len(source), source, *(word.casefold() for word in words)]


def _folded(text: str | None) -> str | None:
    return None if text is None else text.casefold()
