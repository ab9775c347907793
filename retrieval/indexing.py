"""Makes the library agree with files and folders: adds, updates, removes.

Words first: articles are committed with their passages in batches, and findable by their words
at once. Vectors follow, those of the newest articles first; an interrupted run goes on where it
stopped.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.article import Article
from retrieval.encoding.encoder import Encoder
from retrieval.errors import ReadingError
from retrieval.library import FileRecord, Library, LibraryWriter
from retrieval.library.writer import Transaction
from retrieval.reading import find_files, read_file
from retrieval.reading.files import printable
from retrieval.search.vectors import VectorIndex
from retrieval.search.words import WordIndex

_BATCH_CHARACTERS = 4_000_000  # of articles committed at once: a second or two of work
_BATCH_VECTORS = 2_048


@dataclass(slots=True)
class Summary:
    """What an indexing run did, in articles; ``failed`` counts files and lines."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who hears of an indexing run while it goes on.

    Attributes:
        problem: told of each file or line that was skipped.
        progress: told what is being done, how much of it is done, and of how many (0: unknown).
    """

    problem: Callable[[ReadingError], None] = lambda error: None
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None


@dataclass(slots=True)
class _Batch:
    """Articles and finished files that wait for the next commit."""

    articles: list[tuple[Article, str]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    files: list[tuple[str, FileRecord]] = field(default_factory=list)
    characters: int = 0


def index(paths: Sequence[Path], library: Path, encoder: Encoder, reporter: Reporter) -> Summary:
    """Make a library agree with files and folders.

    Args:
        paths: what to read. Articles that came from under them and are no longer there are
            removed; articles from elsewhere stay.
        library: its folder; made where there is none.
        encoder: whose vectors the library holds.
        reporter: hears of problems and progress.

    Returns:
        What was done. Whatever could be read is in, whatever else failed.

    Raises:
        LibraryError: the library cannot be written; what was committed until then is kept.
    """
    with LibraryWriter(library) as writer, closing(_Run(writer, reporter)) as run:
        writer.claim(encoder.identity)
        for path in paths:
            # One file has one name, or it would be in its own way; "a/../b" is "b".
            run.mirror(Path(os.path.normpath(path.absolute())))
        if writer.unswept():
            with writer.commit() as change:
                change.sweep()
        bring_up_to_date(writer, encoder, reporter)
        return run.summary


def bring_up_to_date(writer: LibraryWriter, encoder: Encoder, reporter: Reporter) -> None:
    """Finish what the truth leaves to do: the words' index, the vectors, the vectors' index.

    Whatever an earlier run was killed in is finished too.
    """
    with closing(Library(writer.path, writer.edition)) as library:
        with library.snapshot():
            WordIndex(writer.edition.words).catch_up(library)
        _encode_pending(writer, encoder, reporter)
        index_of_vectors = VectorIndex(writer.edition.vectors, encoder.dimension)
        with library.snapshot():
            index_of_vectors.catch_up(library)
        index_of_vectors.save()


def _encode_pending(writer: LibraryWriter, encoder: Encoder, reporter: Reporter) -> None:
    pending = writer.pending()
    for start in range(0, len(pending), _BATCH_VECTORS):

        def progress(done: int, _: int, start: int = start) -> None:
            reporter.progress("Encoding", start + done, len(pending))

        digests = pending[start : start + _BATCH_VECTORS]
        vectors = encoder.encode_passages(writer.encoder_texts(digests), progress)
        with writer.commit() as change:
            change.store_vectors(digests, vectors)


class _Run:
    """One run of ``index``."""

    def __init__(self, writer: LibraryWriter, reporter: Reporter) -> None:
        self.summary = Summary()
        self._writer = writer
        self._reporter = reporter
        self._library = Library(writer.path, writer.edition)
        self._words = WordIndex(writer.edition.words)
        self._batch = _Batch()
        self._claimed: dict[str, str] = {}  # the ids of this batch, and whose they are

    def close(self) -> None:
        """Let go of the library."""
        self._library.close()

    def mirror(self, root: Path) -> None:
        """Bring the articles that come from under a path up to date."""
        seen: set[str] = set()
        unread: list[Path] = []
        for found in find_files(root):
            if isinstance(found, ReadingError):
                self._fail(found)
                unread.append(Path(found.place))
                continue
            seen.add(_name(found))
            self._read(found, root)
            self._reporter.progress("Reading", len(seen), 0)
        self._commit()
        for path in self._writer.files_under(_name(root)):
            # What could not be looked at is not known to be gone.
            place = Path(printable(Path(path)))
            if path not in seen and not any(place.is_relative_to(other) for other in unread):
                self._forget(path)

    # One file

    def _read(self, path: Path, root: Path) -> None:
        name = _name(path)
        known = self._writer.file(name)
        try:
            stat = path.stat()
            same = known and (known.size, known.modified) == (stat.st_size, stat.st_mtime_ns)
            if known and known.complete and same:
                self.summary.unchanged += len(self._writer.ids_from(name))
                return
            sha256 = _file_hash(path)
        except OSError as error:
            self._fail(ReadingError(str(path), f"cannot be read ({error.strerror})"))
            return
        complete = True
        if known and known.complete and known.sha256 == sha256:
            self.summary.unchanged += len(self._writer.ids_from(name))
        else:
            complete = self._read_articles(path, root)
        record = FileRecord(stat.st_size, stat.st_mtime_ns, sha256, complete)
        self._batch.files.append((name, record))

    def _read_articles(self, path: Path, root: Path) -> bool:
        """Take a file's articles; False where some of it could not be read."""
        name = _name(path)
        ids: set[str] = set()
        complete = True
        for found in read_file(path, root):
            problem = found if isinstance(found, ReadingError) else self._conflict(found, path)
            if problem:
                self._fail(problem)
                complete = False
                continue
            assert isinstance(found, Article)  # noqa: S101 - tells mypy what the line above knows
            ids.add(found.id)
            self._claimed[found.id] = name
            self._batch.articles.append((found, name))
            self._batch.characters += len(found.text)
            if self._batch.characters >= _BATCH_CHARACTERS:
                self._commit()
        if complete:
            # Of a file that could not be read whole, nothing is known to be gone.
            self._batch.gone |= {i for i in self._writer.ids_from(name) if i not in ids}
        return complete

    def _conflict(self, article: Article, path: Path) -> ReadingError | None:
        """Whether another file that is still there has an article of this id."""
        owner = self._claimed.get(article.id) or self._writer.file_of(article.id)
        name = _name(path)
        if owner is None or owner == name or not Path(owner).exists():
            return None
        if article.id in self._batch.gone:
            return None  # it was moved here: the other file was just read without it
        return ReadingError(
            name, f"has an article with the id {article.id}, and so has {owner}; change one"
        )

    def _fail(self, problem: ReadingError) -> None:
        self.summary.failed += 1
        self._reporter.problem(problem)

    # Commits

    def _commit(self) -> None:
        batch, self._batch = self._batch, _Batch()
        self._claimed.clear()
        if not (batch.articles or batch.gone or batch.files):
            return
        done = Summary()
        with self._writer.commit() as change:
            done.removed += _remove(change, sorted(batch.gone))
            for article, path in batch.articles:
                outcome = change.put(article, path)
                setattr(done, outcome, getattr(done, outcome) + 1)
            for path, record in batch.files:
                change.record_file(path, record)
        self._count(done)
        self._catch_up()

    def _forget(self, path: str) -> None:
        done = Summary()
        with self._writer.commit() as change:
            done.removed = _remove(change, self._writer.ids_from(path))
            change.forget_file(path)
        self._count(done)

    def _count(self, done: Summary) -> None:
        """Add what was acknowledged."""
        self.summary.added += done.added
        self.summary.updated += done.updated
        self.summary.removed += done.removed
        self.summary.unchanged += done.unchanged

    def _catch_up(self) -> None:
        with self._library.snapshot():
            self._words.catch_up(self._library)


def _name(path: Path) -> str:
    """A path as text that can be kept: bytes that are no UTF-8 are spelled out."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _remove(change: Transaction, ids: Sequence[str]) -> int:
    return sum(change.remove(article_id) for article_id in ids)


def _file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
