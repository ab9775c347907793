"""Writes a library: one process at a time, one generation a commit."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

from retrieval.documents.passages import encoder_text
from retrieval.errors import LibraryError, MismatchError
from retrieval.library.local import folder, schema
from retrieval.library.local.changes import Changes
from retrieval.library.local.lock import writer_lock
from retrieval.library.local.schema import ENCODER_FACT, UNSWEPT_FACT
from retrieval.library.local.transaction import LocalTransaction, RemovedDigests


class LocalWriter:
    """The lock of a library in a folder, its database opened for writing, and its commits.

    Only a ``LocalSession`` is given one: it keeps the indexes in step with what is committed.

    Args:
        path: the library's folder; made where there is none.
        afresh: write the edition after the current one, from nothing; ``publish`` then makes it
            the current one. Without that, nothing is left of it.
        wait: seconds to wait for another process that writes; by default ``lock.PATIENCE``.

    Raises:
        LibraryError: another process is writing, or the folder is something else.
    """

    def __init__(self, path: Path, *, afresh: bool = False, wait: float | None = None) -> None:
        self.path = path
        self._gone = RemovedDigests(known=False)
        self._stack = ExitStack()
        try:
            folder.prepare(path)
            self._stack.enter_context(writer_lock(path, wait))
            self.edition = folder.open_edition(path)
            if afresh:
                self._replaced = self.edition
                self.edition = folder.next_edition(path)
                self._stack.callback(self._discard_unpublished)
            self._connection = schema.open_for_writing(self.edition.truth)
            self._stack.callback(self._connection.close)
            self.changes = Changes(self._connection, path)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._stack.close()
        if isinstance(error, sqlite3.Error):  # of a look between commits
            raise schema.problem(self.edition.truth, error) from error

    def publish(self) -> None:
        """Make this edition the one that answers questions; the one until now stays beside it.

        Raises:
            LibraryError: the folder cannot be written; the old edition goes on answering.
        """
        folder.set_editions(self.path, self.edition.name, self._replaced.name)

    def _discard_unpublished(self) -> None:
        with suppress(LibraryError):  # where it cannot be known, the next run sees to it
            if folder.current_edition(self.path) != self.edition:
                folder.discard(self.edition)

    def claim(self, encoder: str) -> None:
        """Make the library one of this encoder's, or check that it is.

        Raises:
            MismatchError: it holds the vectors of another encoder.
        """
        made_by = self.changes.encoder()
        if made_by is None:
            self._connection.execute("INSERT INTO facts VALUES (?, ?)", (ENCODER_FACT, encoder))
        else:
            check_encoder(self.path, made_by, encoder)

    @contextmanager
    def commit(self) -> Iterator[LocalTransaction]:
        """Change the library: all that is done inside becomes visible at once, or not at all."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                generation, before = 1 + self.changes.generation(), connection.total_changes
                if not self.unswept():
                    self._gone = RemovedDigests(known=True)
                yield LocalTransaction(connection, generation, self.changes, self._gone)
                if connection.total_changes == before:  # then this was no commit
                    connection.execute("ROLLBACK")
                    return
                connection.execute(
                    "UPDATE facts SET value = ? WHERE name = 'generation'", (generation,)
                )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise schema.problem(self.edition.truth, error) from error

    def unswept(self) -> bool:
        """Whether passages went since the last sweep, in this run or one that was killed."""
        return self.changes.fact(UNSWEPT_FACT) is not None

    def pending(self) -> list[bytes]:
        """The digests that wait for a vector, those of the newest articles first."""
        # A cross join is done in the order in which it is written: SQLite would go through all
        # passages first, though most often none waits.
        rows = self._connection.execute(
            "SELECT digest FROM pending CROSS JOIN passages USING (digest)"
            " JOIN articles ON articles.number = article"
            " GROUP BY digest ORDER BY max(coalesce(date, '')) DESC, min(passages.id)"
        )
        return [row[0] for row in rows]

    def encoder_texts(self, digests: Sequence[bytes]) -> list[str]:
        texts = []
        for digest in digests:
            title, words = self._connection.execute(
                "SELECT title, substr(text, start + 1, stop - start) FROM passages"
                " JOIN articles ON articles.number = article WHERE digest = ? LIMIT 1",
                (digest,),
            ).fetchone()
            texts.append(encoder_text(title, words))
        return texts


def check_encoder(path: Path, made_by: str, asked_with: str) -> None:
    """Refuse to compare the vectors of two encoders, with a MismatchError."""
    if made_by != asked_with:
        raise MismatchError(
            f"{path}: made with the encoder {made_by}, not {asked_with}; "
            "set QUOTH_ENCODER to the first, or run: quoth index --rebuild"
        )
