"""Reads what changed in a library, for the caches that catch up with it."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.documents.article import Article
from retrieval.library.local.files import ArticleFiles
from retrieval.library.local.schema import ENCODER_FACT
from retrieval.library.records import PassageRow, stored_article

ARTICLE = "articles.id, title, date, source, url, text, sha256"
"""The columns that ``Changes._article`` makes an article of."""


class Changes(ArticleFiles):
    """What a connection sees of the truth: what was committed, or in a commit what it will bring.

    Args:
        path: of the library, for what is said of it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection)
        self.path = path

    @property
    def connection(self) -> sqlite3.Connection:
        """For the tables that other files of this package read."""
        return self._connection

    def fact(self, name: str) -> str | int | None:
        """One of the few things known of the library as a whole, such as its encoder."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        value: str | int | None = row[0] if row else None
        return value

    def encoder(self) -> str | None:
        """The identity of the encoder whose vectors it holds; None where none has claimed it."""
        encoder = self.fact(ENCODER_FACT)
        return None if encoder is None else str(encoder)

    def generation(self) -> int:
        """The number of the last commit: a cheap look at whether anything changed."""
        return int(str(self.fact("generation")))

    def text_generation(self) -> int:
        """The number of the last commit that changed any words; others brought only vectors."""
        return text_generation(self._connection)

    def articles_since(self, generation: int) -> Iterator[tuple[Article, list[PassageRow]]]:
        """Articles that came or changed after a generation, each with all its passages."""
        # Selecting distinct articles of passages, SQLite would go through all that there are.
        numbers = self._connection.execute(
            "SELECT number FROM articles WHERE number IN"
            " (SELECT article FROM passages WHERE generation > ?) ORDER BY number",
            (generation,),
        ).fetchall()
        for (number,) in numbers:
            row = self._connection.execute(
                f"SELECT {ARTICLE} FROM articles WHERE number = ?",  # noqa: S608 - a constant
                (number,),
            ).fetchone()
            rows = self._connection.execute(
                "SELECT id, article, paragraph, start, stop FROM passages"
                " WHERE article = ? ORDER BY start",
                (number,),
            )
            yield self._article(row), [PassageRow._make(passage) for passage in rows]

    def removed_since(self, generation: int) -> NDArray[np.int64]:
        """Ids of the passages that went after a generation."""
        rows = self._connection.execute(
            "SELECT passage FROM removed WHERE generation > ?", (generation,)
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def vectors_since(
        self, generation: int, size: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Passages that got their vector after a generation, in batches of ``size``.

        Yields:
            Ids, and their vectors, one a row.
        """
        rows = self._connection.execute(
            "SELECT passages.id, vector FROM vectors JOIN passages USING (digest)"
            " WHERE vectors.generation > :since"
            " UNION ALL SELECT passages.id, vector FROM passages JOIN vectors USING (digest)"
            " WHERE passages.generation > :since AND vectors.generation <= :since",
            {"since": generation},
        )
        while batch := rows.fetchmany(size):
            yield _vectors(batch)

    def arrived_since(self, generation: int) -> int:
        """About how many passages got their vector after a generation."""
        (count,) = self._connection.execute(
            "SELECT max((SELECT count(*) FROM passages WHERE generation > :since),"
            " (SELECT count(*) FROM vectors WHERE generation > :since))",
            {"since": generation},
        ).fetchone()
        return int(count)

    def _article(self, row: Sequence[str | None]) -> Article:
        article_id, title, date, source, url, text, sha256 = row
        return stored_article(
            self.path, str(article_id), str(title), date, source, url, str(text), str(sha256)
        )


def text_generation(connection: sqlite3.Connection) -> int:
    """See ``Changes.text_generation``."""
    row = connection.execute(
        "SELECT max(coalesce((SELECT max(generation) FROM passages), 0),"
        " coalesce((SELECT max(generation) FROM removed), 0))"
    ).fetchone()
    return int(row[0])


def _vectors(rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    joined = b"".join(row[1] for row in rows)
    return ids, np.frombuffer(joined, dtype=np.float16).reshape(len(rows), -1)
