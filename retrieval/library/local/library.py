"""The ``Library`` in a folder: its door.

What each method needs is imported inside it: a process that asks needs nothing that writes.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.library.local import folder
from retrieval.library.progress import Reporter
from retrieval.library.records import RolledBack, Status, VectorSpace
from retrieval.library.report import Repaired, Report
from retrieval.models.encoder.base import Encoder

if TYPE_CHECKING:
    from retrieval.library.local.export import LocalExportSource
    from retrieval.library.local.reader import LocalReader
    from retrieval.library.local.searcher import LocalSearcher
    from retrieval.library.local.write_session import LocalSession


class LocalLibrary:
    """A ``Library`` in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    @property
    def folder(self) -> Path:
        return self._path

    def exists(self) -> bool:
        return folder.exists(self._path)

    def status(self) -> Status:
        with closing(self.reader()) as library, library.snapshot() as state:
            encoder = library.encoder()
            pending = library.pending()
        # Now without the files of being open.
        return Status(state, pending, encoder, self._size())

    def reader(self) -> "LocalReader":
        from retrieval.library.local.reader import LocalReader

        return LocalReader(self._path)

    def reader_if_made(self) -> "LocalReader | None":
        folder.check_free(self._path)
        there = folder.exists(self._path)
        return (
            self.reader() if there and folder.current_edition(self._path).truth.exists() else None
        )

    def searcher(self, encoder: Encoder) -> "LocalSearcher":
        from retrieval.library.local.searcher import LocalSearcher

        return LocalSearcher(self._path, encoder)

    def session(
        self, encoder: VectorSpace | None, reporter: Reporter, *, wait: float | None = None
    ) -> "AbstractContextManager[LocalSession]":
        from retrieval.library.local.write_session import open_session

        return open_session(self._path, encoder, reporter, wait)

    def export_source(self) -> "AbstractContextManager[LocalExportSource]":
        from retrieval.library.local.export import open_source

        return open_source(self._path)

    def verify(self, reporter: Reporter) -> Report:
        from retrieval.library.local.verify.check import verify

        return verify(self._path, reporter)

    def repair(self, encoder: Encoder, reporter: Reporter) -> Repaired:
        from retrieval.library.local.verify.repair import repair

        return repair(self._path, encoder, reporter)

    def require_editions(self, what: str) -> None:
        """It has editions."""

    def rebuild(self, encoder: Encoder, reporter: Reporter) -> int:
        from retrieval.library.local.rebuild import rebuild

        return rebuild(self._path, encoder, reporter)

    def roll_back(self) -> RolledBack:
        from retrieval.library.local.rebuild import roll_back

        return roll_back(self._path)

    def _size(self) -> int:
        """Bytes of its files; those that a writer removes meanwhile count as nothing."""
        return sum(self._sizes())

    def _sizes(self) -> Iterator[int]:
        for path, _, names in os.walk(self._path):
            for name in names:
                with suppress(FileNotFoundError):
                    yield Path(path, name).stat().st_size
