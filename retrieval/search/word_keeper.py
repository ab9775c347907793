"""Keeps the index of words in step with a library while more is committed to it."""

from concurrent.futures import Future, ThreadPoolExecutor

from retrieval.library import Library, LibraryWriter
from retrieval.search.terms import Terms
from retrieval.search.word_writer import WordWriter


class WordKeeper:
    """Indexes the words of what was committed, while the next commit is being prepared.

    Args:
        writer: whose commits they are; it holds the library's lock as long as this lives.
    """

    def __init__(self, writer: LibraryWriter) -> None:
        self._writer = writer
        self._words = WordWriter(writer.edition.words, Terms())
        self._library: Library | None = None
        # Not more than tantivy's own waiting is done here: Python's threads take turns.
        self._waiting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="words")
        self._commit: Future[None] | None = None

    def committed(self) -> None:
        """Have the words of what was just committed found, in a moment.

        Raises:
            LibraryError: these or an earlier commit's words could not be written.
        """
        self.finish()
        if self._library is None:
            self._library = Library(self._writer.path, self._writer.edition)
        with self._library.snapshot():
            fed = self._words.feed(self._library)
        if fed:
            self._commit = self._waiting.submit(self._words.commit)

    def finish(self) -> None:
        """Wait until the words of every commit are found.

        Raises:
            LibraryError: they could not be written.
        """
        commit, self._commit = self._commit, None
        if commit:
            commit.result()

    def close(self) -> None:
        """Let go of the index and the library."""
        self._waiting.shutdown()
        if self._library:
            self._library.close()
        self._words.close()
