"""Adds what a server uploads, and keeps the library in step with it: in a process of its own.

Files and pages from anywhere are read here, where they can hold up no answer, at low priority. The
bot starts it (``librarian_process.py``) for one ``Request`` at a time; killed at any moment it
leaves a library that the next one brings in step.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.uploads import NOTHING, Added, UploadError
from bot.discord.uploads.file_reader import read_upload
from bot.discord.uploads.listing import unsettled
from retrieval.documents.article import Article
from retrieval.errors import LibraryError, ReadingError
from retrieval.ingest.folder_sync import Reporter
from retrieval.ingest.index import bring_up_to_date
from retrieval.library.local.indexes.vector_files import drop_undone
from retrieval.library.local.reader import Library
from retrieval.library.local.writer import LibraryWriter
from retrieval.models.encoder import Encoder

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how many (0: unknown)."""

_PATIENCE = 600.0  # seconds for another process that writes: it may be indexing much
_SECONDS_TO_ENCODE = 60.0
_BATCH = 200  # articles committed at once


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be done.

    Attributes:
        do: add the articles of a file or a page; or put what a server keeps into the library
            again ("reindex"); or bring the library in step with what all keep ("settle").
        server: for whom.
        person: who wants it.
        name: of the file, as ``harmless`` gives it; or the page's address.
        data: what is in the file.
    """

    do: Literal["file", "page", "reindex", "settle"]
    server: int = 0
    person: int = 0
    name: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done.

    Attributes:
        added: what became of the articles.
        problems: what could not be read beside them, a line each.
        in_library: how many articles of the server the library holds now.
        waits: why what was added is not in it yet, or None. It is tried again every minute.
    """

    added: Added = NOTHING
    problems: tuple[str, ...] = ()
    in_library: int = 0
    waits: str | None = None


@dataclass(frozen=True, slots=True)
class Librarian:
    """What the work is done with.

    Attributes:
        store: what the bot keeps.
        library: its folder.
        encoder: whose vectors it holds.
        allow_private: whether pages inside this machine and its network may be fetched.
    """

    store: Store
    library: Path
    encoder: Encoder
    allow_private: bool = False

    def work(self, request: Request, progress: Progress) -> Outcome:
        """Do what is asked, and bring the library in step.

        Raises:
            UploadError: there is nothing to add in what was sent; the line is for its sender.
            LibraryError: the library cannot be written now, and nothing was added. The next
                request brings it in step.
            StoreError: nothing can be kept; nothing was done.
        """
        added = NOTHING
        problems: list[str] = []
        if request.do in ("file", "page"):
            progress("Reading", 0, 0)
            found, problems = self._read(request)
            added = uploads.add(self.store, request.server, request.person, found)
        waits = None
        changed = bool(added.added or added.updated)
        if changed or not added.same:
            try:
                self._settle(progress)
            except LibraryError as error:
                if not changed:
                    raise
                waits = str(error)
        count = len(uploads.states(self.store, request.server))
        return Outcome(added, tuple(problems), count, waits)

    def _read(self, request: Request) -> tuple[list[Article], list[str]]:
        if request.do == "file":
            return read_upload(request.name, request.data)
        # Imported here because files need none of it.
        from retrieval.ingest.web.page_index import fetch_page

        try:
            page = fetch_page(request.name, allow_private=self.allow_private)
        except ReadingError as error:
            raise UploadError(str(error)) from None
        return [page.article], []

    def _settle(self, progress: Progress) -> None:
        """Bring the library in step with what is kept."""
        # Imported here because it waits as one who fetched from far away does.
        from retrieval.ingest.web.saver import patiently

        progress("Waiting for its turn", 0, 0)
        with patiently(self.library, _PATIENCE) as writer:
            writer.claim(self.encoder.identity)
            drop_undone(writer.edition.vectors, writer.generation())
            # Looked up holding the library: of two of us, the second sees what the first did.
            with closing(Library(writer.path, writer.edition)) as library, library.snapshot():
                due, gone = unsettled(library, self.store)
            for start in range(0, len(due), _BATCH):
                progress("Indexing", start, len(due))
                _put(writer, uploads.articles(self.store, due[start : start + _BATCH]))
            if gone:
                with writer.commit() as change:
                    for article_id in gone:
                        change.remove(article_id)
            # What waits may be everybody's: the watch does the rest, or the next of us.
            enough = time.monotonic() + _SECONDS_TO_ENCODE
            bring_up_to_date(
                writer,
                self.encoder,
                Reporter(progress=progress),
                lambda: time.monotonic() >= enough,
            )


def _put(writer: LibraryWriter, articles: Iterable[Article]) -> None:
    with writer.commit() as change:
        for article in articles:
            change.put(article, str(article.source))
