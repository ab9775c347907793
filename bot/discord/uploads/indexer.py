"""Adds uploads to the database, and syncs the library with it.

It runs in a process of its own (``indexer_process.py``), at low priority, because it parses
untrusted files and pages. Killed at any moment, it leaves a library that the next run syncs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.discord.errors import UploadError
from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.uploads import NO_CHANGES, AddResult
from bot.discord.uploads.file_reader import read_upload
from bot.discord.uploads.listing import out_of_sync
from retrieval.documents.article import Article
from retrieval.errors import LibraryError, ReadingError
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder

ProgressCallback = Callable[[str, int, int], None]
"""Called with the stage, how many are done, and the total (0: unknown)."""

_WRITER_TIMEOUT = 600.0  # seconds to wait for another process that writes: it may index much
_ENCODE_TIMEOUT = 60.0
_COMMIT_BATCH = 200  # articles per transaction


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """One job for the indexer.

    Attributes:
        action: add the articles of a "file" or a "page"; "reindex" a server's articles; or "sync"
            the library with the uploads of all servers.
        server: the owner of the articles; 0 for "sync".
        user: who asked for it, for the audit log.
        name: the file's name, from ``safe_file_name``, or the page's URL.
        data: the file's bytes.
    """

    action: Literal["file", "page", "reindex", "sync"]
    server: int = 0
    user: int = 0
    name: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class IndexResult:
    """What a job did.

    Attributes:
        problems: what could not be read, a line each.
        deferred: why the library is not synced yet, or None. It is retried every minute.
    """

    added: AddResult = NO_CHANGES
    problems: tuple[str, ...] = ()
    in_library: int = 0
    deferred: str | None = None


@dataclass(frozen=True, slots=True)
class UploadIndexer:
    """Runs jobs; ``allow_private`` permits pages inside this machine and its network."""

    store: Store
    library: Location
    encoder: Encoder
    allow_private: bool = False

    def run(self, request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        """Run a job, and sync the library.

        Raises:
            UploadError: there is nothing to add in what was sent; the message is for its sender.
            LibraryError: the library cannot be written now, and nothing was added. The next job
                syncs it.
            StoreError: the database cannot be written; nothing was done.
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
        # Imported here because files need none of it, nor does the bot itself.
        from retrieval.ingest.web.page_index import fetch_page

        try:
            page = fetch_page(request.name, allow_private=self.allow_private)
        except ReadingError as error:
            raise UploadError(str(error)) from None
        return [page.article], []

    def _sync(self, progress: ProgressCallback) -> None:
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
