"""The index of words: tantivy's BM25 over passages and their articles' titles. A cache."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import tantivy
from numpy.typing import NDArray

from retrieval.article import Article
from retrieval.errors import LibraryError
from retrieval.library.reader import Library
from retrieval.library.records import PassageRow
from retrieval.search.filter import Filter
from retrieval.search.hits import Hits
from retrieval.search.terms import Terms, composed

WEIGHTS = {"text": 1.0, "title": 0.5, "around": 1.0}
"""Of a word found in the passage, in its article's title and date, and in the passages around it
(itself included), which say what it is about (benchmarks/search.py)."""

REACH = 1
"""How many passages before and after one count as around it."""

_FORM = "2"  # of this index; another makes it be built anew
_ANALYZER = "english"
_HEAP = 64_000_000  # bytes of postings before they go to disk
_OTHER_PASSAGES = 1_000  # see ``weights``

NOTHING: Mapping[str, float] = MappingProxyType({})
"""No terms besides a question's own."""

_Occur = tantivy.Occur
_Query = tantivy.Query


class WordIndex:
    """Finds passages by their words.

    What cannot be opened counts as missing, and is built anew by the next ``catch_up``.

    Args:
        folder: where the index lives.

    Attributes:
        generation: that of the library that the index has caught up with; -1 without an index.
        trouble: why an index that is there could not be opened, or None.
        terms: what it takes texts apart with.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.terms = Terms()
        self._index: tantivy.Index | None = None
        self.generation = -1
        self.trouble: str | None = None
        self.refresh()

    def refresh(self) -> None:
        """See what others have committed; ``generation`` then says what that is."""
        try:
            if self._index is None:
                self._index = self._open()
            if self._index is not None:
                self._index.reload()
                self.generation = self._read_generation(self._index)
            self.trouble = None
        except _errors() as error:
            self._index, self.generation = None, -1
            self.trouble = _reason(error)

    def catch_up(self, library: Library) -> None:
        """Bring the index to the library's generation, reading only what changed.

        Call it inside a snapshot of the library, and holding the library's lock: tantivy, like
        the library, has one writer at a time.

        Raises:
            LibraryError: the index cannot be written.
        """
        try:
            if self._index is None or self.generation < 0:
                self._index = self._create()
            generation = library.text_generation()
            if self.generation > generation:  # the truth was put back from an older copy
                self._index, self.generation = self._create(), -1
            if self.generation < generation:
                self._write(self._index, library, generation)
        except _errors() as error:
            raise LibraryError(
                f"{self._folder}: cannot be written ({_reason(error)}); what was committed is kept."
                " Mend that, then run: quoth index"
            ) from error
        self.refresh()

    def search(
        self, question: str, limit: int, within: Filter, carried: Mapping[str, float] = NOTHING
    ) -> Hits:
        """Find the passages that share the question's rarest words.

        Args:
            question: any text; its words are searched, its punctuation means nothing.
            limit: how many at most.
            within: which articles.
            carried: terms to search for besides, with their weights; one of the question's own
                weighs 1.
        """
        words = self._query(question, carried)
        if self._index is None or words is None:
            return Hits.none()
        return self._run(_all_of(words, *self._bounds(within)), limit)

    def score(
        self, question: str, ids: Sequence[int], carried: Mapping[str, float] = NOTHING
    ) -> Hits:
        """Score these passages as ``search`` would; those without a word of it are left out."""
        words = self._query(question, carried)
        if self._index is None or words is None or not len(ids):
            return Hits.none()
        these = _Query.term_set_query(self._index.schema, "id", [int(number) for number in ids])
        return self._run(_all_of(words, _Query.const_score_query(these, 0.0)), len(ids))

    def weights(self, question: str) -> dict[str, float]:
        """How much each different word of a question tells: how rare it is.

        ``ln(1 + (N + 1000 - n + 0.5) / (n + 0.5))`` for a word in n of N passages: BM25's inverse
        document frequency, as if there were a thousand more passages without the word. In a
        library of one article a word would otherwise count for little just because it is there.
        """
        if self._index is None:
            return {}
        searcher = self._index.searcher()
        # Less the document that says how far the index has come.
        total = searcher.num_docs - 1 + _OTHER_PASSAGES
        found = {}
        for word in self.terms.telling(question):
            # Counted, since the frequency that the index keeps includes deleted passages.
            term = _Query.term_query(self._index.schema, "text", word, "freq")
            found_it = searcher.search(term, limit=1, count=True)
            holding = found_it.count or 0  # type: ignore[attr-defined] # its stubs forget it
            found[word] = float(np.log(1 + (total - holding + 0.5) / (holding + 0.5)))
        return found

    def ids_between(self, first: int, last: int) -> NDArray[np.int64]:
        """The ids of the passages that the index holds, of those from first to last, in any order.

        Raises:
            ValueError: the index cannot be read.
        """
        if self._index is None:
            return np.zeros(0, dtype=np.int64)
        searcher = self._index.searcher()
        if not searcher.num_docs:
            return np.zeros(0, dtype=np.int64)
        within = _Query.range_query(
            self._index.schema, "id", tantivy.FieldType.Unsigned, first, last
        )
        found = searcher.search(within, limit=searcher.num_docs, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in found])
        return np.array(ids, dtype=np.int64)

    # Searching

    def _query(self, question: str, carried: Mapping[str, float]) -> tantivy.Query | None:
        """The question's words as a query built from terms, so that no syntax can break it."""
        if self._index is None:
            return None
        schema = self._index.schema
        parts = []
        for word, counts in {**carried, **dict.fromkeys(self.terms.telling(question), 1.0)}.items():
            for field, weight in WEIGHTS.items():
                term = _Query.term_query(schema, field, word, "freq")
                parts.append((_Occur.Should, _Query.boost_query(term, weight * counts)))
        return _Query.boolean_query(parts) if parts else None

    def _bounds(self, within: Filter) -> Iterator[tantivy.Query]:
        if self._index is None:
            return
        schema = self._index.schema
        if within.since or within.until:
            days = _Query.range_query(
                schema,
                "day",
                tantivy.FieldType.Integer,
                within.since.toordinal() if within.since else 1,
                within.until.toordinal() if within.until else None,
            )
            yield _Query.const_score_query(days, 0.0)
        if within.source is not None:
            source = _Query.term_query(schema, "source", within.source.lower(), "basic")
            yield _Query.const_score_query(source, 0.0)

    def _run(self, query: tantivy.Query, limit: int) -> Hits:
        if self._index is None:
            return Hits.none()
        searcher = self._index.searcher()
        found = searcher.search(query, limit=limit, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in found])
        return Hits(
            np.array(ids, dtype=np.int64),
            np.array([score for score, _ in found], dtype=np.float32),
        )

    # Opening and writing

    def _open(self) -> tantivy.Index | None:
        if not (self._folder / "meta.json").exists():
            return None
        index = tantivy.Index.open(str(self._folder))
        index.register_tokenizer(_ANALYZER, self.terms.analyzer)
        index.config_reader("manual")
        return index

    def _create(self) -> tantivy.Index:
        if self._folder.exists():
            # Without it the index is not there: half of one never looks damaged.
            (self._folder / "meta.json").unlink(missing_ok=True)
            shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True)
        index = tantivy.Index(_schema(), path=str(self._folder))
        index.register_tokenizer(_ANALYZER, self.terms.analyzer)
        index.config_reader("manual")
        return index

    def _read_generation(self, index: tantivy.Index) -> int:
        searcher = index.searcher()
        form = _Query.term_query(index.schema, "form", _FORM, "basic")
        found = searcher.search(form, limit=1, count=False).hits
        if not found:
            return -1
        value = searcher.fast_field_values("generation", [found[0][1]])[0]
        return -1 if value is None else int(value)

    def _write(self, index: tantivy.Index, library: Library, generation: int) -> None:
        writer = index.writer(heap_size=_HEAP, num_threads=2)
        # A killed writer's files have names that this one would give to its own, and fail on.
        writer.garbage_collect_files()
        # tantivy gives a writer's first change the number of the last commit, and where a killed
        # writer left segments to merge, that change is not made in all of them. So the first one
        # is to delete what there never is.
        writer.delete_documents_by_term("form", "none")
        # By query: a term made of a number is taken for a signed one, and matches no unsigned id.
        if gone := library.removed_since(self.generation).tolist():
            writer.delete_documents_by_query(_Query.term_set_query(index.schema, "id", gone))
        for article, rows in library.articles_since(self.generation):
            for document in _documents(article, rows):
                writer.add_document(document)
        # One document says how far the index has come, in the same commit as what it speaks of.
        writer.delete_documents_by_term("form", _FORM)
        mark = tantivy.Document()
        mark.add_text("form", _FORM)
        mark.add_unsigned("generation", generation)
        writer.add_document(mark)
        writer.commit()
        writer.wait_merging_threads()


def _documents(article: Article, rows: Sequence[PassageRow]) -> Iterator[tantivy.Document]:
    day = f" {article.date:%d %B %Y}" if article.date else ""
    for n, row in enumerate(rows):
        first, last = rows[max(0, n - REACH)], rows[min(len(rows) - 1, n + REACH)]
        document = tantivy.Document()
        document.add_unsigned("id", row.id)
        document.add_text("text", composed(article.text[row.start : row.end]))
        document.add_text("title", composed(article.title) + day)
        document.add_text("around", composed(article.text[first.start : last.end]))
        if article.date:
            document.add_integer("day", article.date.toordinal())
        if article.source:
            document.add_text("source", article.source.lower())
        yield document


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("title", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("around", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("form", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("generation", indexed=True, fast=True)
    return builder.build()


def _all_of(*queries: tantivy.Query) -> tantivy.Query:
    return _Query.boolean_query([(_Occur.Must, query) for query in queries])


def _reason(error: BaseException) -> str:
    """What tantivy says, of which the first line is for a person."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _errors() -> tuple[type[BaseException], ...]:
    """What tantivy raises for an index that it cannot read or write."""
    return (ValueError, OSError, RuntimeError)
