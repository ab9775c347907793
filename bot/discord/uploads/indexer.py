"""Adds what a server uploads, and keeps the library in step with it: in a process of its own.

Files and pages from anywhere are read here, where they can hold up no answer, at low priority. The
bot starts it (``librarian_process.py``) for one ``IndexRequest`` at a time; killed at any moment it
leaves a library that the next one brings in step.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.uploads import NO_CHANGES, AddResult, UploadError
from bot.discord.uploads.file_reader import read_upload
from bot.discord.uploads.listing import out_of_sync
from retrieval.documents.article import Article
from retrieval.errors import LibraryError, ReadingError
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder

ProgressCallback = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how many (0: unknown)."""

_WRITER_TIMEOUT = 600.0  # seconds for another process that writes: it may be indexing much
_ENCODE_TIMEOUT = 60.0
_COMMIT_BATCH = 200  # articles committed at once


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """What is to be done.

    Attributes:
        action: add the articles of a file or a page; or put what a server keeps into the library
            again ("reindex"); or bring the library in step with what all keep ("sync").
        server: for whom.
        user: who wants it.
        name: of the file, as ``safe_file_name`` gives it; or the page's address.
        data: what is in the file.
    """

    action: Literal["file", "page", "reindex", "sync"]
    server: int = 0
    user: int = 0
    name: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class IndexResult:
    """What was done.

    Attributes:
        added: what became of the articles.
        problems: what could not be read beside them, a line each.
        in_library: how many articles of the server the library holds now.
        deferred: why what was added is not in it yet, or None. It is tried again every minute.
    """

    added: AddResult = NO_CHANGES
    problems: tuple[str, ...] = ()
    in_library: int = 0
    deferred: str | None = None


@dataclass(frozen=True, slots=True)
class UploadIndexer:
    """What the work is done with.

    Attributes:
        store: what the bot keeps.
        library: where it is.
        encoder: whose vectors it holds.
        allow_private: whether pages inside this machine and its network may be fetched.
    """

    store: Store
    library: Location
    encoder: Encoder
    allow_private: bool = False

    def run(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        """Do what is asked, and bring the library in step.

        Raises:
            UploadError: there is nothing to add in what was sent; the line is for its sender.
            LibraryError: the library cannot be written now, and nothing was added. The next
                request brings it in step.
            StoreError: nothing can be kept; nothing was done.
        """
        added = NO_CHANGES
        problems: list[str] = []
        if request.action in ("file", "page"):
            progress("Reading", 0, 0)
            found, problems = self._read(request)
            added = uploads.add(self.store, request.server, request.user, found)
        deferred = None
        changed = bool(added.added or added.updated)
        if changed or not added.unchanged:
            try:
                self._sync(progress)
            except LibraryError as error:
                if not changed:
                    raise
                deferred = str(error)
        count = len(uploads.states(self.store, request.server))
        return IndexResult(added, tuple(problems), count, deferred)

    def _read(self, request: IndexRequest) -> tuple[list[Article], list[str]]:
        if request.action == "file":
            return read_upload(request.name, request.data)
        # Imported here because files need none of it.
        from retrieval.ingest.web.page_index import fetch_page

        try:
            page = fetch_page(request.name, allow_private=self.allow_private)
        except ReadingError as error:
            raise UploadError(str(error)) from None
        return [page.article], []

    def _sync(self, progress: ProgressCallback) -> None:
        """Bring the library in step with what is kept."""
        progress("Waiting for its turn", 0, 0)
        library = open_library(self.library)
        with library.session(
            self.encoder, Reporter(progress=progress), wait=_WRITER_TIMEOUT
        ) as session:
            # Looked up holding the library: of two of us, the second sees what the first did.
            with session.reader() as reader:
                due, gone = out_of_sync(reader, self.store)
            for start in range(0, len(due), _COMMIT_BATCH):
                progress("Indexing", start, len(due))
                with session.transaction() as change:
                    for each in uploads.articles(self.store, due[start : start + _COMMIT_BATCH]):
                        change.put(each, str(each.source))
            if gone:
                with session.transaction() as change:
                    for article_id in gone:
                        change.remove(article_id)
            # What waits may be everybody's: the watch does the rest, or the next of us.
            enough = time.monotonic() + _ENCODE_TIMEOUT
            session.encode_pending(self.encoder, lambda: time.monotonic() >= enough)
