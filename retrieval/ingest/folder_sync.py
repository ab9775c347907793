"""Syncs a library with files and folders: reads what changed, removes what went."""

import hashlib
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from retrieval.documents.article import Article
from retrieval.documents.formats import find_files, read_file
from retrieval.documents.formats.files import printable
from retrieval.errors import ReadingError
from retrieval.library.base import KnownFiles
from retrieval.library.progress import Reporter, same_id
from retrieval.library.records import FileRecord
from retrieval.library.writing import ArticleSink


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run goes about what another run, soon after it, can do better.

    Attributes:
        settle: a file that changed in the last so many seconds is left alone for now.
        again: read again what could not be read whole the last time and is as it was then.
        enough: asked between batches of vectors; once it says so, the rest is left for later.
    """

    settle: float = 0.0
    again: bool = True
    enough: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class _Contested:
    """A file with articles whose ids another file has too.

    Attributes:
        record: what to remember of it once nothing is contested.
    """

    path: Path
    record: FileRecord
    ids: frozenset[str]


class FolderSync:
    """One run of ``index`` over some paths, all into one library."""

    def __init__(
        self, known: KnownFiles, commits: ArticleSink, reporter: Reporter, pace: Pace
    ) -> None:
        self.summary = commits.summary
        self._library = known
        self._commits = commits
        self._reporter = reporter
        self._pace = pace
        self._known: Mapping[str, tuple[FileRecord, int]] = {}  # the files of this root
        self._changed: list[Path] = []  # of them, those that changed while they were read

    def run(self, root: Path) -> None:
        """Bring the articles that come from under a path up to date."""
        seen: set[str] = set()
        unread: list[Path] = []
        contested: list[_Contested] = []
        there = identity(root)
        self._known = self._library.files_known_under(_name(root))
        for found in find_files(root):
            if isinstance(found, ReadingError):
                self._fail(found)
                unread.append(Path(found.place))
                continue
            seen.add(_name(found))
            if conflict := self._read(found, root):
                contested.append(conflict)
            self._reporter.progress("Reading", len(seen), 0)
        contested += self._read_changed(root)
        self._commits.commit()
        if identity(root) != there:  # it went while it was read, and may come back
            unread.append(root)
        for path in self._known:
            # What could not be looked at is not known to be gone.
            place = Path(printable(Path(path)))
            if path not in seen and not any(place.is_relative_to(other) for other in unread):
                self._commits.remove(self._library.ids_from(path), path)
                self._commits.forget(path)
        self._commits.commit()
        # An article that moved from one file to another was in both until now.
        for conflict in contested:
            self._settle(conflict, root)
        self._commits.commit()
        self._commits.finish()

    # One file

    def _read(self, path: Path, root: Path) -> _Contested | None:
        """Read a file unless it is as it was; returns what another file has a claim on."""
        name = _name(path)
        known, articles = self._known.get(name, (None, 0))
        try:
            status = path.stat()
            # A named pipe would wait for its writer for ever, and a device may have no end.
            if not stat.S_ISREG(status.st_mode):
                self._fail(ReadingError(printable(path), "not a file"))
                return None
            size, modified = status.st_size, status.st_mtime_ns
            same = known and (known.size, known.modified) == (size, modified)
            if known and same and (known.complete or not self._pace.again):
                self.summary.unchanged += articles
                return None
            if _just_now(modified, self._pace.settle):
                self.summary.waiting += 1
                return None
            record = FileRecord(size, modified, _file_hash(path), complete=True)
        except OSError as error:
            self._fail(ReadingError(printable(path), f"cannot be read ({error.strerror})"))
            return None
        if known and known.complete and known.sha256 == record.sha256:
            self.summary.unchanged += articles
            self._commits.record(name, record)
            return None
        return self._read_articles(path, root, record)

    def _read_articles(self, path: Path, root: Path, record: FileRecord) -> _Contested | None:
        name = _name(path)
        ids: set[str] = set()
        claimed_elsewhere: set[str] = set()
        complete = True
        for found in read_file(path, root):
            if not _is_still(path, record):
                break  # what was just read may be half old and half new
            if isinstance(found, ReadingError):
                self._fail(found)
                complete = False
                continue
            ids.add(found.id)
            if self._owner(found, name):
                claimed_elsewhere.add(found.id)
            else:
                self._commits.put(found, name)
        if not _is_still(path, record):
            self._changed.append(path)
            self._commits.record(name, replace(record, complete=False))
            return None
        if complete:
            # Of a file that could not be read whole, nothing is known to be gone.
            gone = (i for i in self._library.ids_from(name) if i not in ids)
            self._commits.remove(gone, name)
        settled = not claimed_elsewhere
        self._commits.record(name, replace(record, complete=complete and settled))
        whole = replace(record, complete=complete)
        return None if settled else _Contested(path, whole, frozenset(claimed_elsewhere))

    def _read_changed(self, root: Path) -> list[_Contested]:
        """Read again what changed while it was read; what goes on changing has to wait."""
        changed, self._changed = self._changed, []
        if self._pace.settle:
            self.summary.waiting += len(changed)
            return []
        contested = [conflict for path in changed if (conflict := self._read(path, root))]
        for path in self._changed:
            self._fail(
                ReadingError(
                    printable(path),
                    "changes while it is read; index it again when it is written",
                )
            )
        self._changed.clear()
        return contested

    def _settle(self, contested: _Contested, root: Path) -> None:
        """Take the articles that another file no longer has; the rest are conflicts."""
        name = _name(contested.path)
        conflicts = 0
        for found in read_file(contested.path, root):
            if isinstance(found, ReadingError) or found.id not in contested.ids:
                continue
            if owner := self._owner(found, name):
                conflicts += 1
                self._fail(same_id(name, found.id, owner))
            else:
                self._commits.put(found, name)
        if not conflicts:
            self._commits.record(name, contested.record)

    def _owner(self, article: Article, name: str) -> str | None:
        """Another file, still there, that has an article of this id."""
        owner = self._commits.owner(article.id)
        if owner is None or owner == name or not Path(owner).exists():
            return None
        return owner

    def _fail(self, problem: ReadingError) -> None:
        self.summary.failed += 1
        self._reporter.problem(problem)


def _name(path: Path) -> str:
    """A path as text that can be kept: bytes that are no UTF-8 are spelled out."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_still(path: Path, record: FileRecord) -> bool:
    """Whether a file is as it was when its reading began."""
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (record.size, record.modified)


def _just_now(modified: int, seconds: float) -> bool:
    """Whether a file changed in the last seconds; not so in the future, if the clock was put back.

    Args:
        modified: when it did, in nanoseconds.
        seconds: how many; 0 is never.
    """
    return abs(time.time() - modified / 1e9) < seconds


def identity(root: Path) -> tuple[int, int] | None:
    """What tells a folder from another in its place; None where there is none."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
