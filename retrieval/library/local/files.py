"""Where articles came from, by id, file and address."""

import json
import sqlite3
from collections.abc import Iterable

from retrieval.library.records import ArticleHead, FileRecord

_HEAD = "id, title, date, source, url, sha256, file"


class ArticleFiles:
    """The ``KnownFiles`` of a connection, and what a ``Transaction`` looks up."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        rows = self._connection.execute(
            "SELECT path, size, modified, sha256, complete,"
            " (SELECT count(*) FROM articles WHERE file = path)"
            " FROM files WHERE path = :path"
            " OR substr(path, 1, length(:path) + 1) = :path || '/' ORDER BY path",
            {"path": path.rstrip("/")},
        )
        return {
            name: (FileRecord(size, modified, sha256, bool(complete)), articles)
            for name, size, modified, sha256, complete, articles in rows
        }

    def ids_from(self, file: str) -> list[str]:
        rows = self._connection.execute("SELECT id FROM articles WHERE file = ?", (file,))
        return [row[0] for row in rows]

    def head(self, article_id: str) -> ArticleHead | None:
        row = self._connection.execute(
            f"SELECT {_HEAD} FROM articles WHERE id = ?",  # noqa: S608 - a constant
            (article_id,),
        ).fetchone()
        return ArticleHead(*row) if row else None

    def unknown(self, article_ids: Iterable[str]) -> set[str]:
        """Those of these ids that no article has."""
        ids = set(article_ids)
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([*ids]),),
        )
        return ids - {row[0] for row in rows}

    def article_at(self, address: str) -> str | None:
        row = self._connection.execute(
            "SELECT id FROM articles WHERE file = ?", (address,)
        ).fetchone()
        return row[0] if row else None

    def same_words_at(self, address: str, sha256: str) -> tuple[str, str] | None:
        row = self._connection.execute(
            "SELECT id, file FROM articles"
            " WHERE (file = ?1 OR file > ?1 || '?' AND file < ?1 || '@') AND sha256 = ?2",
            (address.partition("?")[0], sha256),  # "@" comes right after "?"
        ).fetchone()
        return (row[0], row[1]) if row else None
