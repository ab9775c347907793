"""Reads a library: one consistent view of the truth at a time, while others write."""

import datetime
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.documents.article import Article
from retrieval.errors import LibraryError
from retrieval.library.local import folder, schema
from retrieval.library.local.catalogue import Catalogue
from retrieval.library.local.changes import ARTICLE, Changes
from retrieval.library.local.feeds import LocalFeeds
from retrieval.library.records import LibraryState, PassageRow

_VARIABLES = 500  # how many ids to name in one statement; SQLite's oldest limit is 999


class LocalReader(Changes, Catalogue):
    """A ``LibraryReader`` of a library in a folder. Not for two threads at once.

    Args:
        edition: which one to read; by default the current.
        older: take one that an older version made, too: a rebuild reads it.

    Raises:
        LibraryError: it is not there, not a library, or of another version.
    """

    def __init__(
        self, path: Path, edition: folder.Edition | None = None, *, older: bool = False
    ) -> None:
        self.edition = edition or folder.current_edition(path)
        if not edition and not self.edition.truth.exists():
            # Another may have become the current one, and this one gone, just now.
            self.edition = folder.current_edition(path)
        if not self.edition.truth.exists():
            raise LibraryError(f"{path}: nothing is indexed yet; run: quoth index")
        connection = schema.open_for_reading(self.edition.truth, older=older)
        Changes.__init__(self, connection, path)
        Catalogue.__init__(self, connection)
        self.feeds = LocalFeeds(connection)
        self._counted: LibraryState | None = None

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[LibraryState]:
        with self.uncounted():
            yield self.state()

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """A snapshot without its state: to count a large library takes milliseconds."""
        try:
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise schema.problem(self.edition.truth, error) from error

    def state(self) -> LibraryState:
        """Say what is there; it is counted again only where something was committed since."""
        generation = self.generation()
        if self._counted is None or self._counted.generation != generation:
            articles, passages = self._connection.execute(
                "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)"
            ).fetchone()
            self._counted = LibraryState(generation, articles, passages)
        return self._counted

    def pending(self) -> int:
        count: int = self._connection.execute("SELECT count(*) FROM pending").fetchone()[0]
        return count

    # Articles

    def article(self, article_id: str) -> Article | None:
        row = self._connection.execute(
            f"SELECT {ARTICLE} FROM articles WHERE id = ?",  # noqa: S608 - a constant
            (article_id,),
        ).fetchone()
        return self._article(row) if row else None

    def articles_by_number(self, numbers: Iterable[int]) -> dict[int, Article]:
        rows = self._rows_of(
            f"SELECT number, {ARTICLE} FROM articles WHERE number",  # noqa: S608 - a constant
            sorted(set(numbers)),
        )
        return {number: self._article(row) for number, *row in rows}

    def article_numbers(self) -> list[int]:
        """The numbers of all articles, in the order in which they came."""
        return [row[0] for row in self._connection.execute("SELECT number FROM articles")]

    def article_files(self, numbers: Iterable[int]) -> dict[int, str]:
        return dict(self._rows_of("SELECT number, file FROM articles WHERE number", numbers))

    def rows(self, table: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """The names of a table's columns, and its rows; neither where there is no such table."""
        names = [row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")]
        if not names:
            return [], iter(())
        query = f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - names of the schema
        return names, iter(self._connection.execute(query))

    def article_ids(self) -> Iterator[str]:
        return (row[0] for row in self._connection.execute("SELECT id FROM articles"))

    # Passages

    def passages(self, ids: Iterable[int]) -> dict[int, PassageRow]:
        """Read passages by id; those gone are left out."""
        rows = self._rows_of(
            "SELECT id, article, paragraph, start, stop FROM passages WHERE id", ids
        )
        return {row[0]: PassageRow._make(row) for row in rows}

    def sources(self) -> frozenset[str | None]:
        """The different sources of all articles; None where one has none."""
        rows = self._connection.execute("SELECT DISTINCT source FROM articles")
        return frozenset(row[0] for row in rows)

    def passages_within(
        self,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> NDArray[np.int64]:
        """The ids of the passages whose article is of those days and sources, in any order.

        Args:
            since: the first day, or None; articles without a date are of no day.
            until: the last day, or None.
            only: the sources, spelled as they are in ``sources``; None for all, and for the
                articles without one.
            without: sources that they are not of.
        """
        of = "source IN (SELECT value FROM json_each(?))"
        bounds = {
            "date >= ?": since and since.isoformat(),
            "date <= ?": until and until.isoformat(),
            of: None if only is None else json.dumps([*only]),
            f"(source IS NULL OR NOT {of})": json.dumps([*without]) if without else None,
        }
        asked = {bound: value for bound, value in bounds.items() if value is not None}
        where = " AND ".join(asked) or "TRUE"
        rows = self._connection.execute(
            "SELECT id FROM passages WHERE article IN"  # noqa: S608 - of the constants above
            f" (SELECT number FROM articles WHERE {where})",
            [*asked.values()],
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def vectors_of(self, ids: Sequence[int]) -> dict[int, NDArray[np.float16]]:
        """The vectors of some passages; those that still wait for theirs are left out."""
        rows = self._rows_of(
            "SELECT passages.id, vector FROM passages JOIN vectors USING (digest)"
            " WHERE passages.id",
            ids,
        )
        return {number: np.frombuffer(vector, dtype=np.float16) for number, vector in rows}

    def vectors_by_digest(
        self, digests: Sequence[bytes], dimension: int
    ) -> dict[bytes, NDArray[np.float16]]:
        """The vectors of what the encoder was given; those of another length are left out."""
        marks = ", ".join("?" * len(digests))
        rows = self._connection.execute(
            "SELECT digest, vector FROM vectors"  # noqa: S608 - question marks
            f" WHERE length(vector) = ? AND digest IN ({marks})",
            (2 * dimension, *digests),
        )
        return {digest: np.frombuffer(vector, dtype=np.float16) for digest, vector in rows}

    def _rows_of(self, select: str, ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement that ends in the column by which they are picked."""
        wanted = [*map(int, ids)]  # SQLite knows no integers of numpy
        for start in range(0, len(wanted), _VARIABLES):
            chunk = wanted[start : start + _VARIABLES]
            marks = ", ".join("?" * len(chunk))
            yield from self._connection.execute(f"{select} IN ({marks})", chunk)
