"""Repairs what a damaged database allows to be repaired; a check says what that is."""

from collections.abc import Iterable
from pathlib import Path

from retrieval.library.local import folder
from retrieval.library.local.transaction import LocalTransaction
from retrieval.library.local.writer import LocalWriter
from retrieval.library.report import LostArticle


class RepairWriter(LocalWriter):
    """A library opened for repair. Raises what ``LocalWriter`` does."""

    def repair_generations(self) -> None:
        """Make every row of a commit that was, and have no passage id come again."""
        connection = self._connection
        generations = " UNION ALL ".join(
            f"SELECT max(generation) FROM {table} WHERE typeof(generation) = 'integer'"  # noqa: S608
            for table in ("passages", "removed", "vectors")
        )
        connection.execute("BEGIN IMMEDIATE")
        known = connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()
        rows = [known[0] if known else 0, *(row[0] for row in connection.execute(generations))]
        last = max(value for value in (*rows, 0) if isinstance(value, int))
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('generation', ?)", (last,))
        used = connection.execute(
            "SELECT max(coalesce((SELECT max(id) FROM passages), 0),"
            " coalesce((SELECT max(passage) FROM removed), 0))"
        ).fetchone()[0]
        connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'passages'", (used,)
        )
        connection.execute("DELETE FROM removed WHERE passage IN (SELECT id FROM passages)")
        connection.execute("COMMIT")

    def rebuild_indexes(self) -> None:
        """Make SQLite's own indexes anew from its tables."""
        self._connection.execute("REINDEX")

    def forget_previous(self) -> None:
        folder.set_editions(self.path, self.edition.name, None)

    def repair_rows(
        self, damaged: Iterable[int], to_split: Iterable[int], to_encode: Iterable[bytes]
    ) -> list[LostArticle]:
        """Repair texts, passages, vectors and the queue, in one commit.

        Args:
            damaged: the numbers of the articles whose text cannot be trusted.
            to_split: the numbers of the articles to split again.
            to_encode: the digests of the vectors to make again.

        Returns:
            The articles whose text is lost.
        """
        connection = self._connection
        again = {*to_split, *self._odd_articles()}
        with self.commit() as change:
            for digest in to_encode:
                connection.execute("DELETE FROM vectors WHERE digest IS ?", (digest,))
                # Under new ids, so that no index keeps the old vector for the one to come.
                rows = connection.execute(
                    "SELECT article FROM passages WHERE digest IS ?", (digest,)
                )
                again.update(row[0] for row in rows)
            lost = [self._give_up(change, number) for number in sorted(damaged)]
            for number in sorted(again - {*damaged}):
                row = connection.execute(
                    "SELECT title, text FROM articles WHERE number = ?", (number,)
                ).fetchone()
                change.split_again(number, row[0], row[1])
            for number in self._missing_articles():
                change.remove_number(number)
            connection.execute("DELETE FROM pending WHERE digest IN (SELECT digest FROM vectors)")
            connection.execute(
                "INSERT OR IGNORE INTO pending SELECT DISTINCT digest FROM passages"
                " WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.digest = passages.digest)"
            )
            change.sweep(everywhere=True)
        return lost

    def _odd_articles(self) -> list[int]:
        """The articles with a passage of a commit that cannot have been."""
        rows = self._connection.execute(
            "SELECT DISTINCT article FROM passages JOIN articles ON number = article"
            " WHERE typeof(passages.generation) <> 'integer' OR passages.generation < 1"
        )
        return [row[0] for row in rows]

    def _missing_articles(self) -> list[int]:
        """The numbers of articles of which there are only passages."""
        rows = self._connection.execute(
            "SELECT DISTINCT article FROM passages"
            " WHERE NOT EXISTS (SELECT 1 FROM articles WHERE number = article)"
        )
        return [row[0] for row in rows]

    def _give_up(self, change: LocalTransaction, number: int) -> LostArticle:
        raw = self._connection.execute(
            "SELECT CAST(id AS BLOB), CAST(file AS BLOB) FROM articles WHERE number = ?", (number,)
        ).fetchone()
        article, file = (
            None if value is None else value.decode("utf-8", "backslashreplace") for value in raw
        )
        there = file is not None and Path(file).is_file()
        if there:
            change.remove_number(number)
        return LostArticle(article or "", file, there)
