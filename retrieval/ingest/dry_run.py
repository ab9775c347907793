"""Says what ``index`` would do, and does nothing: the same sync, into a dictionary of changes."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, nullcontext
from pathlib import Path

from retrieval.documents.article import Article
from retrieval.ingest.folder_sync import FolderSync, Pace
from retrieval.ingest.index import canonical_path
from retrieval.library import open as open_library
from retrieval.library.base import LibraryReader
from retrieval.library.location import Location
from retrieval.library.progress import Change, Reporter, Summary
from retrieval.library.records import ArticleHead, FileRecord
from retrieval.models.encoder.base import Vectors

Note = Callable[[str, str, str | None], None]
"""Called with each change: "added", "updated" or "removed", the article's id, and its file."""


def dry_run(paths: Sequence[Path], location: Location, reporter: Reporter, note: Note) -> Summary:
    """Say what ``index`` would do with these paths. Takes no lock, and makes no library.

    Args:
        location: of the library; there need not be one yet.
        note: called with each article that would change.

    Raises:
        LibraryError: the library cannot be read, or the folder is something else.
    """
    reader = open_library(location).reader_if_made()
    with (
        closing(reader) if reader else nullcontext(),
        reader.snapshot() if reader else nullcontext(),
    ):
        pending = _Pending(reader, note)
        sync = FolderSync(pending, pending, reporter, Pace())
        for path in paths:
            sync.run(canonical_path(path))
        return sync.summary


class _Pending:
    """An ``ArticleSink`` and the ``KnownFiles`` of a library, changed in memory alone.

    Args:
        reader: of the library, in a snapshot; None where there is none.
        note: called with each change.
    """

    def __init__(self, reader: LibraryReader | None, note: Note) -> None:
        self.summary = Summary()
        self._reader = reader
        self._note = note
        # Those that were looked at, as they would be; None: not there.
        self._heads: dict[str, ArticleHead | None] = {}
        self._waiting: list[tuple[ArticleHead, Change]] = []
        self._gone: dict[str, str] = {}

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        return dict(self._reader.files_known_under(path)) if self._reader else {}

    def ids_from(self, file: str) -> list[str]:
        return [*self._reader.ids_from(file)] if self._reader else []

    def owner(self, article_id: str) -> str | None:
        head = self._head(article_id)
        return head.file if head else None

    def put(self, article: Article, file: str, vectors: Vectors | None = None) -> None:
        known = self._head(article.id)
        change: Change = "added" if known is None else "updated"
        if known and known.same_as(article):
            change = "unchanged"
        head = ArticleHead.of(article, file)
        self._heads[article.id] = head
        self._waiting.append((head, change))

    def remove(self, article_ids: Iterable[str], file: str) -> None:
        """Note articles that go, with the next commit; what another file has by now stays."""
        self._gone.update(dict.fromkeys(article_ids, file))

    def record(self, file: str, record: FileRecord) -> None:
        """Nothing is recorded."""

    def forget(self, file: str) -> None:
        """Nothing was recorded."""

    def commit(self) -> None:
        """Tell of what changed since the last commit."""
        gone, self._gone = self._gone, {}
        for article_id, file in sorted(gone.items()):
            if self.owner(article_id) == file:
                self._heads[article_id] = None
                self.summary.removed += 1
                self._note("removed", article_id, file)
        waiting, self._waiting = self._waiting, []
        for head, change in waiting:
            self.summary.count(change)
            if change != "unchanged":
                self._note(change, head.id, head.file)

    def finish(self) -> None:
        """Nothing is left to be done."""

    def _head(self, article_id: str) -> ArticleHead | None:
        if article_id not in self._heads:
            self._heads[article_id] = self._reader.head(article_id) if self._reader else None
        return self._heads[article_id]
