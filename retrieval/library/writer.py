"""Writes a library: one process at a time, one generation a commit."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

from retrieval.article import Article
from retrieval.encoding.encoder import Vectors
from retrieval.errors import MismatchError
from retrieval.library import folder, schema
from retrieval.library.records import FileRecord
from retrieval.passages import context, split

Change = Literal["added", "updated", "unchanged"]

_PATIENCE = 2.0
"""Seconds to wait for the lock: a question that mends an index holds it for a moment."""

ENCODER_FACT = "encoder"
"""The fact that names the encoder whose vectors the library holds."""

_UNSWEPT_FACT = "unswept"  # there while passages went whose vectors may still be here


class LibraryWriter:
    """A library opened for writing, as a context manager that holds its lock.

    Args:
        path: the library's folder; made where there is none.
        afresh: write the edition after the current one, from nothing; ``publish`` then makes it
            the current one.

    Raises:
        LibraryError: another process is writing, or the folder is something else.
    """

    def __init__(self, path: Path, *, afresh: bool = False) -> None:
        self.path = path
        self._stack = ExitStack()
        try:
            folder.create(path)
            self._stack.enter_context(folder.writer_lock(path, wait=_PATIENCE))
            self.edition = folder.current_edition(path)
            if afresh:
                self.edition = folder.next_edition(path)
            self._connection = schema.open_for_writing(self.edition.truth)
            self._stack.callback(self._connection.close)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "LibraryWriter":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._stack.close()
        if isinstance(error, sqlite3.Error):  # of a look between commits
            raise schema.problem(self.edition.truth, error) from error

    def publish(self) -> None:
        """Make this edition the one that answers questions."""
        folder.set_edition(self.path, self.edition.folder.name)

    def claim(self, encoder: str) -> None:
        """Make the library one of this encoder's, or check that it is.

        Raises:
            MismatchError: it holds the vectors of another encoder.
        """
        row = self._connection.execute(
            "SELECT value FROM facts WHERE name = ?", (ENCODER_FACT,)
        ).fetchone()
        if row is None:
            self._connection.execute("INSERT INTO facts VALUES (?, ?)", (ENCODER_FACT, encoder))
        else:
            check_encoder(self.path, row[0], encoder)

    @contextmanager
    def commit(self) -> Iterator["Transaction"]:
        """Change the library: all that is done inside becomes visible at once, or not at all."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                generation = 1 + int(
                    connection.execute(
                        "SELECT value FROM facts WHERE name = 'generation'"
                    ).fetchone()[0]
                )
                yield Transaction(connection, generation)
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

    # What indexing asks about

    def file(self, path: str) -> FileRecord | None:
        """What was known of a file when it was last read."""
        row = self._connection.execute(
            "SELECT size, modified, sha256, complete FROM files WHERE path = ?", (path,)
        ).fetchone()
        return FileRecord(row[0], row[1], row[2], bool(row[3])) if row else None

    def files_under(self, path: str) -> list[str]:
        """The indexed files at or under a path."""
        rows = self._connection.execute(
            "SELECT path FROM files WHERE path = :path"
            " OR substr(path, 1, length(:path) + 1) = :path || '/' ORDER BY path",
            {"path": path.rstrip("/")},
        )
        return [row[0] for row in rows]

    def file_of(self, article_id: str) -> str | None:
        """The file that an article came from; None where there is no such article."""
        row = self._connection.execute(
            "SELECT file FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        return str(row[0]) if row and row[0] is not None else None

    def ids_from(self, file: str) -> list[str]:
        """The ids of the articles that came from a file."""
        rows = self._connection.execute("SELECT id FROM articles WHERE file = ?", (file,))
        return [row[0] for row in rows]

    def unswept(self) -> bool:
        """Whether passages went since the last sweep, in this run or one that was killed."""
        row = self._connection.execute(
            "SELECT 1 FROM facts WHERE name = ?", (_UNSWEPT_FACT,)
        ).fetchone()
        return row is not None

    def pending(self) -> list[bytes]:
        """The digests that wait for a vector, those of the newest articles first."""
        rows = self._connection.execute(
            "SELECT digest FROM pending JOIN passages USING (digest)"
            " JOIN articles ON articles.number = article"
            " GROUP BY digest ORDER BY max(coalesce(date, '')) DESC, min(passages.id)"
        )
        return [row[0] for row in rows]

    def encoder_texts(self, digests: Sequence[bytes]) -> list[str]:
        """What the encoder is given for these digests."""
        texts = []
        for digest in digests:
            title, words = self._connection.execute(
                "SELECT title, substr(text, start + 1, stop - start) FROM passages"
                " JOIN articles ON articles.number = article WHERE digest = ? LIMIT 1",
                (digest,),
            ).fetchone()
            texts.append(encoder_text(title, words))
        return texts


class Transaction:
    """The changes of one commit. Made by ``LibraryWriter.commit``."""

    def __init__(self, connection: sqlite3.Connection, generation: int) -> None:
        self._connection = connection
        self._generation = generation

    def put(self, article: Article, file: str) -> Change:
        """Add an article, or replace the one of the same id where it differs."""
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
        self._add_passages(number, article)
        return "updated" if known else "added"

    def remove(self, article_id: str) -> bool:
        """Remove an article; False where there is none of that id.

        The next run that comes by its file reads it again, changed or not.
        """
        row = self._connection.execute(
            "SELECT number, file FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if row is None:
            return False
        self._remove_passages(row[0])
        self._connection.execute("DELETE FROM articles WHERE number = ?", (row[0],))
        self._connection.execute("UPDATE files SET complete = 0 WHERE path = ?", (row[1],))
        return True

    def record_file(self, path: str, record: FileRecord) -> None:
        """Remember what a file was when it was read."""
        self._connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (path, record.size, record.modified, record.sha256, record.complete),
        )

    def forget_file(self, path: str) -> None:
        """Forget a file; its articles are removed by ``remove``."""
        self._connection.execute("DELETE FROM files WHERE path = ?", (path,))

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

    def sweep(self) -> None:
        """Drop what no passage needs: vectors, and places in the queue for them."""
        for table in ("vectors", "pending"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE NOT EXISTS"  # noqa: S608 - one of two constants
                f" (SELECT 1 FROM passages WHERE passages.digest = {table}.digest)"
            )
        self._connection.execute("DELETE FROM facts WHERE name = ?", (_UNSWEPT_FACT,))

    def _add_passages(self, number: int | None, article: Article) -> None:
        rows = []
        for passage in split(article.text):
            words = article.text[passage.start : passage.end]
            digest = _digest(encoder_text(article.title, words))
            rows.append((number, passage.paragraph, passage.start, passage.end, digest))
        self._connection.executemany(
            "INSERT INTO passages (article, paragraph, start, stop, digest, generation)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((*row, self._generation) for row in rows),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO pending SELECT ?1 WHERE NOT EXISTS"
            " (SELECT 1 FROM vectors WHERE digest = ?1)",
            ((row[-1],) for row in rows),
        )

    def _remove_passages(self, number: int) -> None:
        self._connection.execute(
            "INSERT INTO removed SELECT id, ? FROM passages WHERE article = ?",
            (self._generation, number),
        )
        self._connection.execute("DELETE FROM passages WHERE article = ?", (number,))
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, 1)", (_UNSWEPT_FACT,))


def check_encoder(path: Path, made_by: str, asked_with: str) -> None:
    """Refuse to compare the vectors of two encoders.

    Raises:
        MismatchError: they are not the same.
    """
    if made_by != asked_with:
        raise MismatchError(
            f"{path}: made with the encoder {made_by}, not {asked_with}; "
            "set QUOTH_ENCODER to the first, or run: quoth index --rebuild"
        )


def encoder_text(title: str, words: str) -> str:
    """What the encoder is given for a passage: the article's title, then the words."""
    return f"{context(title)}. {words}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]
