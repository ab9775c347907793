"""What can be changed in one commit."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from retrieval.documents.article import Article
from retrieval.documents.passages import encoder_text, split_into_passages
from retrieval.library.local.changes import Changes
from retrieval.library.local.feeds import LocalFeeds
from retrieval.library.local.files import ArticleFiles
from retrieval.library.local.schema import UNSWEPT_FACT
from retrieval.library.progress import Change
from retrieval.library.records import FileRecord
from retrieval.models.encoder.base import Vectors

Passages = list[tuple[int, int, int, bytes]]
"""Of one article: paragraph, start, stop and digest of each, as the table of passages has them."""


_MANY_GONE = 10_000  # beyond it, looking at every vector takes less time


class RemovedDigests:
    """The digests of passages that went since the last sweep, as far as they are known.

    Args:
        known: that nothing waits for a sweep yet; False where it is not known what does.
    """

    def __init__(self, *, known: bool) -> None:
        self.digests: set[bytes] | None = set() if known else None

    def add(self, digests: Iterable[bytes]) -> None:
        if self.digests is not None:
            self.digests.update(digests)
            if len(self.digests) > _MANY_GONE:
                self.digests = None


class LocalTransaction(ArticleFiles):
    """A ``Transaction`` in a folder: one commit of the database.

    Attributes:
        changes: what is there now, these changes among it.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        generation: int,
        changes: Changes,
        gone: RemovedDigests,
    ) -> None:
        super().__init__(connection)
        self._generation = generation
        self._gone = gone
        self.changes = changes
        self.feeds = LocalFeeds(connection)

    def put(self, article: Article, file: str, passages: Passages | None = None) -> Change:
        known = self._connection.execute(
            "SELECT number, title, date, source, url, sha256, file FROM articles WHERE id = ?",
            (article.id,),
        ).fetchone()
        date = article.date.isoformat() if article.date else None
        about = (article.title, date, article.source, article.url, article.sha256)
        if known and known[1:6] == about:
            if known[6] != file:
                self._connection.execute(
                    "UPDATE articles SET file = ? WHERE number = ?", (file, known[0])
                )
            return "unchanged"
        if known:
            self._remove_passages(known[0])
            self._connection.execute(
                "UPDATE articles SET title = ?, date = ?, source = ?, url = ?, sha256 = ?,"
                " text = ?, file = ? WHERE number = ?",
                (*about, article.text, file, known[0]),
            )
            number = known[0]
        else:
            number = self._connection.execute(
                "INSERT INTO articles (id, title, date, source, url, sha256, text, file)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (article.id, *about, article.text, file),
            ).lastrowid
        self._add_passages(number, article.title, article.text, passages)
        return "updated" if known else "added"

    def remove(self, article_id: str) -> bool:
        row = self._connection.execute(
            "SELECT number FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if row is None:
            return False
        self.remove_number(row[0])
        return True

    def remove_number(self, number: int) -> None:
        """Remove an article by its number, as ``remove`` does."""
        self._remove_passages(number)
        self._connection.execute(
            "UPDATE files SET complete = 0"
            " WHERE path = (SELECT file FROM articles WHERE number = ?)",
            (number,),
        )
        self._connection.execute("DELETE FROM articles WHERE number = ?", (number,))

    def split_again(self, number: int, title: str, text: str) -> None:
        """Make the passages of an article anew, under new ids."""
        self._remove_passages(number)
        self._add_passages(number, title, text)

    def record_file(self, path: str, record: FileRecord) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (path, record.size, record.modified, record.sha256, record.complete),
        )

    def forget_file(self, path: str) -> None:
        """Forget a file; its articles are removed by ``remove``."""
        self._connection.execute("DELETE FROM files WHERE path = ?", (path,))

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Put rows into one of the tables that are copied as they are."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - names of the schema
            rows,
        )

    def store_vectors(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        """Keep the vectors of what waited for them; those nobody waits for any more are dropped."""
        self._connection.executemany(
            "INSERT INTO vectors (digest, vector, generation)"
            " SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM pending WHERE digest = ?)",
            (
                (digest, vector.astype("float16").tobytes(), self._generation, digest)
                for digest, vector in zip(digests, vectors, strict=True)
            ),
        )
        self._connection.executemany(
            "DELETE FROM pending WHERE digest = ?", ((digest,) for digest in digests)
        )

    def sweep(self, *, everywhere: bool = False) -> None:
        """Drop what no passage needs: vectors, and places in the queue for them.

        Args:
            everywhere: look at all of them, and not only at those of passages that went.
        """
        gone = None if everywhere else self._gone.digests
        for table in ("vectors", "pending"):
            unneeded = (
                f"DELETE FROM {table} WHERE NOT EXISTS"  # noqa: S608 - one of two constants
                f" (SELECT 1 FROM passages WHERE passages.digest = {table}.digest)"
            )
            if gone is None:
                self._connection.execute(unneeded)
            else:
                self._connection.executemany(f"{unneeded} AND digest = ?", ((d,) for d in gone))
        self._connection.execute("DELETE FROM facts WHERE name = ?", (UNSWEPT_FACT,))

    def _add_passages(
        self, number: int | None, title: str, text: str, passages: Passages | None = None
    ) -> None:
        rows = passages or passages_of(title, text)
        self._connection.executemany(
            "INSERT INTO passages (article, paragraph, start, stop, digest, generation)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((number, *row, self._generation) for row in rows),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO pending SELECT ?1 WHERE NOT EXISTS"
            " (SELECT 1 FROM vectors WHERE digest = ?1)",
            ((row[-1],) for row in rows),
        )

    def _remove_passages(self, number: int) -> None:
        rows = self._connection.execute("SELECT digest FROM passages WHERE article = ?", (number,))
        self._gone.add(row[0] for row in rows)
        self._connection.execute(
            "INSERT INTO removed SELECT id, ? FROM passages WHERE article = ?",
            (self._generation, number),
        )
        self._connection.execute("DELETE FROM passages WHERE article = ?", (number,))
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, 1)", (UNSWEPT_FACT,))


def passages_of(title: str, text: str) -> Passages:
    return [
        (each.paragraph, each.start, each.end, _digest(title, text[each.start : each.end]))
        for each in split_into_passages(text)
    ]


def _digest(title: str, words: str) -> bytes:
    return hashlib.sha256(encoder_text(title, words).encode()).digest()[:16]
