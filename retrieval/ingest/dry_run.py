"""Says what ``index`` would do, and does nothing: the same mirroring, over a copy without texts.

The copy is a scratch database with what mirroring asks about: the files, and the articles without
their texts and passages, of whichever kind of library. No lock is taken, no encoder needed, and no
library made.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

from retrieval.documents.article import Article
from retrieval.ingest.folder_sync import FolderSync, Pace
from retrieval.ingest.index import one_name
from retrieval.library.local import folder, schema
from retrieval.library.local.batches import Batches
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.transaction import LocalTransaction, Passages
from retrieval.library.local.writer import LocalWriter
from retrieval.library.location import Location
from retrieval.library.progress import Change, Reporter, Summary

Note = Callable[[str, str, str | None], None]
"""Hears of each article: "added", "updated" or "removed", its id, and its file."""


def dry_run(paths: Sequence[Path], library: Location, reporter: Reporter, note: Note) -> Summary:
    """Say what ``index`` would do with these paths.

    Args:
        paths: what would be read.
        library: where it is; there need not be one yet.
        reporter: hears of problems and progress.
        note: hears of each article that would change.

    Returns:
        What would be done.

    Raises:
        LibraryError: the library cannot be read, or the folder is something else.
    """
    with (
        _RehearsalWriter(library, note) as writer,
        closing(_Rehearsed(writer)) as commits,
    ):
        mirror = FolderSync(writer, commits, reporter, Pace())
        for path in paths:
            mirror.mirror(one_name(path))
        return mirror.summary


class _Rehearsed(Batches):
    def _split(self, articles: list[Article]) -> Callable[[], dict[Article, Passages]]:
        """Nobody asks for the passages."""
        return dict

    def _commit(self) -> AbstractContextManager[LocalTransaction]:
        """Nobody asks for the words."""
        return self._writer.commit()


class _RehearsalWriter(LocalWriter):
    """A writer of a copy that nobody else sees. It holds no lock."""

    def __init__(self, place: Location, note: Note) -> None:  # makes nothing, unlike its base
        # On a server nothing has a path; this one stands in what is said of a full disk.
        library = place if isinstance(place, Path) else Path(place.name)
        self.path, self._note = library, note
        self._stack = ExitStack()
        self._connection = self._stack.enter_context(closing(schema.open_scratch()))
        self.edition = folder.Edition(library / "1")
        if not isinstance(place, Path):
            from retrieval.library.milvus import opening

            with super().commit() as change:
                for table, (columns, rows) in opening.tables(place).items():
                    change.copy(table, columns, rows)
            return
        folder.check_free(library)
        there = folder.exists(library)
        if there:
            self.edition = folder.current_edition(library)
        if there and self.edition.truth.exists():
            with closing(LocalReader(library)) as real, real.snapshot(), super().commit() as change:
                change.copy("files", *real.rows("files"))
                change.copy("articles", *real.rows("articles", blank="text"))

    @contextmanager
    def commit(self) -> Iterator[LocalTransaction]:
        """Change the copy."""
        with super().commit() as change:
            yield _Noted(change, self._note)


class _Noted(LocalTransaction):
    """Tells of what changes, and leaves out what only a real library needs."""

    def __init__(self, real: LocalTransaction, note: Note) -> None:
        super().__init__(real._connection, real._generation, real.changes, real._gone)
        self._note = note

    def put(self, article: Article, file: str, passages: Passages | None = None) -> Change:
        """Tell of an article that comes or changes."""
        outcome = super().put(article, file, passages)
        if outcome != "unchanged":
            self._note(outcome, article.id, file)
        return outcome

    def remove(self, article_id: str) -> bool:
        """Tell of an article that goes."""
        row = self._connection.execute(
            "SELECT file FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if row:
            self._note("removed", article_id, row[0])
        return super().remove(article_id)

    def _add_passages(
        self, number: int | None, title: str, text: str, passages: Passages | None = None
    ) -> None:
        """Nobody asks for them."""
