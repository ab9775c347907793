"""Writes into the index of words what was committed to its library."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import tantivy

from retrieval.documents.analyzer import Analyzer
from retrieval.documents.article import Article
from retrieval.errors import LibraryError
from retrieval.library.local.changes import Changes
from retrieval.library.local.indexes.word_files import (
    create_index,
    errors,
    generation_of,
    mark,
    open_index,
    reason,
)
from retrieval.library.records import PassageRow

REACH = 1
"""How many passages before and after one count as around it."""

_HEAP = 64_000_000  # bytes of postings before they go to disk


class WordWriter:
    """Writes an index of words. There may be one at a time: its user holds the library's lock.

    All methods raise ``LibraryError`` where the index cannot be written.

    Args:
        folder: of the index; made where there is none.
        analyzer: what takes the texts apart.
    """

    def __init__(self, folder: Path, analyzer: Analyzer) -> None:
        self._folder = folder
        self._analyzer = analyzer
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._generation = -1

    def feed(self, library: Changes) -> bool:
        """Hand over what the index lacks, reading only what changed.

        Tantivy works on it by itself from then on; ``commit`` makes it count, and may only be
        called once the library's own commit has been acknowledged.

        Args:
            library: inside a snapshot, or a commit.

        Returns:
            Whether there was anything.
        """
        with self._as_library_errors():
            generation = library.text_generation()
            self._open(generation)
            if self._generation < generation:
                self._feed(library, generation)
                return True
        return False

    def commit(self) -> None:
        """Have everything that was handed over found."""
        with self._as_library_errors():
            if self._writer is not None:
                self._writer.commit()

    def close(self) -> None:
        """Wait until tantivy has put small parts of the index together."""
        writer, self._writer = self._writer, None
        with self._as_library_errors():
            if writer is not None:
                writer.wait_merging_threads()

    def _open(self, generation: int) -> None:
        """Open the index, or make it where it cannot be one of a library that has come so far."""
        if self._index is None:
            try:
                self._index = open_index(self._folder)
                self._generation = generation_of(self._index) if self._index else -1
            except errors():
                self._index, self._generation = None, -1
        # Later than the library it is where the truth was put back from an older copy.
        if self._generation < 0 or self._generation > generation:
            self._index, self._writer, self._generation = create_index(self._folder), None, -1

    def _feed(self, library: Changes, generation: int) -> None:
        if self._index is None:
            return
        writer = self._writer = self._writer or _writer_of(self._index)
        # By query: a term made of a number is taken for a signed one, and matches no unsigned id.
        if gone := library.removed_since(self._generation).tolist():
            these = tantivy.Query.term_set_query(self._index.schema, "id", gone)
            writer.delete_documents_by_query(these)
        for article, rows in library.articles_since(self._generation):
            for document in _documents(article, rows, self._analyzer):
                writer.add_document(document)
        mark(writer, generation)
        self._generation = generation

    @contextmanager
    def _as_library_errors(self) -> Iterator[None]:
        try:
            yield
        except errors() as error:
            raise LibraryError(
                f"{self._folder}: cannot be written ({reason(error)}); what was committed is kept."
                " Mend that, then run: quoth index"
            ) from error


def _writer_of(index: tantivy.Index) -> tantivy.IndexWriter:
    # Each thread would write a segment of its own, and the more there are, the more to merge.
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    # A killed writer's files have names that this one would give to its own, and fail on.
    writer.garbage_collect_files()
    # tantivy gives a writer's first change the number of the last commit, and where a killed
    # writer left segments to merge, that change is not made in all of them. So the first one is
    # to delete what there never is.
    writer.delete_documents_by_term("form", "none")
    return writer


def _documents(
    article: Article, rows: Sequence[PassageRow], analyzer: Analyzer
) -> Iterator[tantivy.Document]:
    """The documents of an article's passages, given in their order."""
    day = f" {article.date:%d %B %Y}" if article.date else ""
    title = analyzer.tokenised_text(article.title + day)
    texts = [analyzer.tokenised_text(article.text[row.start : row.end]) for row in rows]
    for n, row in enumerate(rows):
        document = tantivy.Document()
        document.add_unsigned("id", row.id)
        document.add_text("text", texts[n])
        document.add_text("title", title)
        document.add_text("around", " ".join(texts[max(0, n - REACH) : n + REACH + 1]))
        if article.date:
            document.add_integer("day", article.date.toordinal())
        if article.source:
            document.add_text("source", article.source.lower())
        yield document
