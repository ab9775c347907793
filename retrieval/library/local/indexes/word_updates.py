"""Keeps the index of words in step with a library while more is committed to it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

from retrieval.documents.analyzer import Analyzer
from retrieval.library.local.indexes.word_writer import WordWriter
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.transaction import LocalTransaction
from retrieval.library.local.writer import LocalWriter


class WordUpdates:
    """Has the words of each commit found soon after it.

    Tantivy gets them before the commit, so that little is left to do after it, and that is done
    while the next one is prepared.

    All methods raise ``LibraryError`` where the library or the index cannot be written.

    Args:
        writer: whose commits they are; it holds the library's lock as long as this lives.
    """

    def __init__(self, writer: LocalWriter) -> None:
        self._writer = writer
        self._words = WordWriter(writer.edition.words, Analyzer())
        # Not more than tantivy's own waiting is done here: Python's threads take turns.
        self._waiting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="words")
        self._begun = False
        self._commit: Future[None] | None = None

    @contextmanager
    def commit(self) -> Iterator[LocalTransaction]:
        """A commit to the library, its words found in a moment; fails as an earlier one's did."""
        self.finish()
        self._begin()
        with self._writer.commit() as change:
            yield change
            fed = self._words.feed(change.changes)
        if fed:
            self._commit = self._waiting.submit(self._words.commit)

    def finish(self) -> None:
        """Wait until the words of every commit are found."""
        commit, self._commit = self._commit, None
        if commit:
            commit.result()

    def catch_up(self) -> None:
        """Bring the index up to what is committed, by this run and those before it."""
        self.finish()
        self._begin()

    def close(self) -> None:
        """Let go of the index; what was fed and not committed is dropped."""
        self._waiting.shutdown()
        self._words.close()

    def _begin(self) -> None:
        """Give the index what it lacks of earlier runs: no commit is to wait for that."""
        if self._begun:
            return
        # Ctrl-C while a thread starts leaves one that ``close`` does not wait for: now, with
        # nothing to do, it is harmless.
        self._waiting.submit(bool).result()
        library = LocalReader(self._writer.path, self._writer.edition)
        with closing(library), library.uncounted():
            fed = self._words.feed(library)
        if fed:
            self._words.commit()
        self._begun = True
