"""Adds uploads to the database, and syncs the library with it.

It runs in a process of its own (``indexer_process.py``), at low priority, because it parses
untrusted files and pages. Killed at any moment, it leaves a library that the next run syncs.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.discord.errors import UploadError
from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.uploads import NO_CHANGES, AddResult
from bot.discord.uploads.file_reader import read_upload
from bot.discord.uploads.listing import out_of_sync
from retrieval.documents.article import Article
from retrieval.errors import LibraryError, ReadingError
from retrieval.ingest.folder_sync import Reporter
from retrieval.ingest.index import bring_up_to_date
from retrieval.library.local.indexes.vector_files import drop_undone
from retrieval.library.local.reader import Library
from retrieval.library.local.writer import LibraryWriter
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
        added: what changed in the database.
        problems: what could not be read, a line each.
        in_library: how many articles the server has.
        deferred: why the library is not synced yet, or None. It is retried every minute.
    """

    added: AddResult = NO_CHANGES
    problems: tuple[str, ...] = ()
    in_library: int = 0
    deferred: str | None = None


@dataclass(frozen=True, slots=True)
class UploadIndexer:
    """Runs jobs.

    Attributes:
        store: the bot's database.
        library: the library's folder.
        encoder: the encoder that the library was indexed with.
        allow_private: whether pages at private addresses may be fetched.
    """

    store: Store
    library: Path
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
        """Put into the library what it lacks, and remove what was removed from the uploads."""
        # Imported here because the bot itself needs none of it.
        from retrieval.ingest.web.saver import patiently

        progress("Waiting for its turn", 0, 0)
        with patiently(self.library, _WRITER_TIMEOUT) as writer:
            writer.claim(self.encoder.identity)
            drop_undone(writer.edition.vectors, writer.generation())
            # Compared under the writer lock, so that a second indexer sees what the first did.
            with closing(Library(writer.path, writer.edition)) as library, library.snapshot():
                missing, stale = out_of_sync(library, self.store)
            for start in range(0, len(missing), _COMMIT_BATCH):
                progress("Indexing", start, len(missing))
                _put(writer, uploads.articles(self.store, missing[start : start + _COMMIT_BATCH]))
            if stale:
                with writer.commit() as change:
                    for article_id in stale:
                        change.remove(article_id)
            # Others' passages may be pending too: the watch, or the next job, encodes the rest.
            deadline = time.monotonic() + _ENCODE_TIMEOUT
            bring_up_to_date(
                writer,
                self.encoder,
                Reporter(progress=progress),
                lambda: time.monotonic() >= deadline,
            )


def _put(writer: LibraryWriter, articles: Iterable[Article]) -> None:
    with writer.commit() as change:
        for article in articles:
            change.put(article, str(article.source))
