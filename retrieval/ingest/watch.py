"""Keeps a library in step with files and folders, for as long as the process stays.

Every run looks at all that is under the paths, whatever the file system reported: a look at 26,500
files takes half a second, and then no lost event, renamed folder or link leaves anything behind.
The more work a run was, the longer the next one is put off, so that most of the time nothing is
done.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from retrieval.documents.formats import find_files
from retrieval.errors import (
    DamagedError,
    LibraryError,
    LockedError,
    MismatchError,
    NotALibraryError,
    ReadingError,
)
from retrieval.ingest.file_events import FileEvents, remote_system
from retrieval.ingest.folder_sync import Pace, identity
from retrieval.ingest.index import canonical_path, index
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Encoder

SETTLE = 1.0
"""Seconds for which a file must have been left alone before it is read."""

_RETURN = 5.0  # the same for a folder that came back: it may be filled slowly
_PATIENCE = 5.0  # seconds for which a burst may put a run off
_LOOK = 5.0  # seconds between runs where nothing is heard of changes
_SELDOM = 300.0  # and where it is: of what a link leads to, or an overflow, nothing is heard
_SHARE = 5  # a run is put off for so many times the work of the last
_TICK = 0.2
_LONGEST_WAIT = 60.0  # seconds between attempts to write a library that cannot be written

_LASTING = (DamagedError, MismatchError, NotALibraryError)  # trying again helps none of them


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of what a watch does.

    Attributes:
        run: gives the reporter of one run, for as long as it lasts. A problem is reported once.
        done: hears of the first run, and of each that changed something.
        notice: hears in one line what keeps the watch from its work, and when it goes on.
    """

    run: Callable[[], AbstractContextManager[Reporter]]
    done: Callable[[Summary], None]
    notice: Callable[[str], None]


def watch(
    paths: Sequence[Path], library: Location, encoder: Encoder, listener: Listener
) -> NoReturn:
    """Index, and go on indexing what changes, until an exception such as a signal's ends it.

    Args:
        paths: files and folders; those that are not there are waited for, and nothing that came
            from them is removed until they are back.
        library: where it is; made where there is none.

    Raises:
        MismatchError: another encoder made the library.
        DamagedError: what it holds contradicts itself.
        NotALibraryError: its folder holds something else.
    """
    watching = _Watch([canonical_path(path) for path in paths], library, encoder, listener)
    try:
        while True:
            watching.run()
            while not watching.due():
                time.sleep(_TICK)
    finally:
        watching.close()


class _Watch:
    """The state of a watch between its runs; its times are ``time.monotonic``'s."""

    def __init__(
        self, roots: Sequence[Path], library: Location, encoder: Encoder, listener: Listener
    ) -> None:
        self._roots = roots
        self._location = library
        self._encoder = encoder
        self._listener = listener
        # What is listened to
        self._events: FileEvents | None = None
        self._polling = False
        self._remote: set[Path] = set()
        self._places: list[tuple[int, int] | None] = []  # what the roots are
        self._known: dict[Path, tuple[int, int] | None] = {}  # what they were when last indexed
        self._away: set[Path] = set()
        # When to run
        self._since: float | None = None  # when a change was first heard of since the last run
        self._last = 0.0  # when one was last
        self._calm = SETTLE
        self._earliest = self._regular = 0.0
        # How a run began, by time.monotonic and time.process_time; None once it was measured
        self._began: tuple[float, float] | None = None
        self._runs = 0
        self._reported: set[str] = set()  # of problems
        self._listen()

    def close(self) -> None:
        if self._events:
            self._events.close()
            self._events = None

    # When to run

    def due(self) -> bool:
        self._look_at_roots()
        now = time.monotonic()
        if now < self._earliest:
            return False
        if now >= self._regular:
            return True
        if self._since is None:
            return False
        impatient = self._calm == SETTLE and now - self._since >= _PATIENCE
        return impatient or now - self._last >= self._calm

    def _hear(self) -> None:
        self._last = time.monotonic()
        if self._since is None:
            self._since = self._last

    def _look_at_roots(self) -> None:
        """Listen anew where a root is not what it was, or nothing can be heard any more."""
        gone, failure = set(), None
        if self._events:
            gone, failure = self._events.gone, self._events.failure
        if not (gone or failure) and self._places == [identity(root) for root in self._roots]:
            return
        if failure:
            self._poll(failure)
        elif any(root.is_dir() for root in self._roots):  # files are replaced all the time
            self._calm = _RETURN
        for root in gone & self._known.keys():
            self._known[root] = None
        self._listen()
        self._hear()

    def _listen(self) -> None:
        self.close()
        self._places = [identity(root) for root in self._roots]
        there = [root for root, place in zip(self._roots, self._places, strict=True) if place]
        for root in there:
            kind = remote_system(root)
            if kind and root not in self._remote:
                self._remote.add(root)
                self._regular = 0.0
                self._listener.notice(
                    f"{root}: on a network file system ({kind}); looking every {_LOOK:.0f} s"
                )
        near = [root for root in there if root not in self._remote]
        if self._polling or not near:
            return
        try:
            ours = open_library(self._location).folder
            ignored = canonical_path(ours) if ours else None
            self._events = FileEvents(near, ignored, self._hear)
        except (OSError, RuntimeError) as error:
            if all(root.exists() for root in near):
                self._poll(str(error))
            else:
                self._places = []  # it went just now; the next look sees it

    def _poll(self, reason: str) -> None:
        self._polling = True
        self._regular = 0.0
        self._listener.notice(
            f"changes of files cannot be listened for ({reason.partition(' about ')[0]});"
            f" looking every {_LOOK:.0f} s"
        )

    # Running

    def run(self) -> None:
        """Bring the library in step, however long it takes until it can be written."""
        again = time.monotonic() >= self._regular
        self._since, self._calm = None, SETTLE
        roots = [root for root in self._roots if self._is_there(root)]
        problems: set[str] = set()
        summary = self._index(roots, Pace(SETTLE, again, self._enough), problems)
        if again:
            self._reported = problems
        if summary.waiting:
            self._hear()
        self._runs += 1
        if self._runs == 1 or summary.added or summary.updated or summary.removed:
            self._listener.done(summary)

    def _index(self, roots: Sequence[Path], pace: Pace, problems: set[str]) -> Summary:
        reported, wait = "", _TICK
        while True:
            self._began = time.monotonic(), time.process_time()
            try:
                with self._listener.run() as reporter:
                    summary = index(
                        roots,
                        self._location,
                        self._encoder,
                        replace(reporter, problem=self._once(reporter, problems)),
                        pace,
                    )
                break
            except _LASTING:
                raise
            except LibraryError as error:
                if str(error) != reported:
                    reported = str(error)
                    self._listener.notice(f"{reported} (trying again until it works)")
                wait = 1.0 if isinstance(error, LockedError) else min(5 * wait, _LONGEST_WAIT)
            time.sleep(wait)
        self._measure()
        if reported:
            self._listener.notice(f"{self._location}: written again")
        return summary

    def _once(self, reporter: Reporter, problems: set[str]) -> Callable[[ReadingError], None]:
        def tell(problem: ReadingError) -> None:
            line = str(problem)
            problems.add(line)
            if line not in self._reported:
                self._reported.add(line)
                reporter.problem(problem)

        return tell

    def _enough(self) -> bool:
        self._measure()
        return self.due()

    def _measure(self) -> None:
        """Put the next run off by what the look at the files cost; encoding is not of that."""
        if self._began is None:
            return
        (began, worked), self._began = self._began, None
        now = time.monotonic()
        # Where others need the processor more, the work tells more than the time that it took.
        self._earliest = now + _SHARE * (time.process_time() - worked)
        if now >= self._regular:
            often = max(_LOOK, 4 * _SHARE * (now - began))
            self._regular = now + (often if self._polling or self._remote else _SELDOM)

    def _is_there(self, root: Path) -> bool:
        """Whether what is not under a root is known to be gone.

        It is not while the root itself is away, nor while it is empty after it was away or
        became another folder: what was mounted there may not be any more.
        """
        place = identity(root)
        # What was there before this process is known by what came from it.
        known = root in self._known
        another = place != self._known[root] if known else self._has_articles_of(root)
        if place is None:
            self._known[root] = None
        if place is None or (another and root.is_dir() and not _holds_files(root)):
            if root not in self._away:
                self._away.add(root)
                what = "not there" if place is None else "was away, and is empty"
                self._listener.notice(
                    f"{root}: {what}; its articles stay until there are files again"
                )
            return False
        self._known[root] = place
        if root in self._away:
            self._away.remove(root)
            self._listener.notice(f"{root}: back")
        return True

    def _has_articles_of(self, root: Path) -> bool:
        try:
            with closing(open_library(self._location).reader()) as library, library.snapshot():
                return bool(library.files_known_under(str(root)))
        except LibraryError:  # not made yet, or the run that follows says why
            return False


def _holds_files(root: Path) -> bool:
    return any(isinstance(found, Path) for found in find_files(root))
