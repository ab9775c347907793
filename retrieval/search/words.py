"""The index of words: tantivy's BM25 over passages and their articles' titles. A cache."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import numpy as np
import tantivy
from numpy.typing import NDArray

from retrieval.library.reader import Library
from retrieval.search.filter import Bounds
from retrieval.search.hits import Hits
from retrieval.search.terms import Terms
from retrieval.search.word_folder import errors, generation_of, open_index, reason
from retrieval.search.word_writer import WordWriter

WEIGHTS = {"text": 1.0, "title": 0.5, "around": 1.0}
"""Of a word found in the passage, in its article's title and date, and in the passages around it
(itself included), which say what it is about (benchmarks/search.py)."""

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
                self._index = open_index(self._folder)
            if self._index is not None:
                self._index.reload()
                self.generation = generation_of(self._index)
            self.trouble = None
        except errors() as error:
            self._index, self.generation = None, -1
            self.trouble = reason(error)

    def catch_up(self, library: Library) -> None:
        """Bring the index to the library's generation, reading only what changed.

        Call it inside a snapshot of the library, and holding the library's lock: tantivy, like
        the library, has one writer at a time.

        Raises:
            LibraryError: the index cannot be written.
        """
        if self.generation == library.text_generation():
            return
        with closing(WordWriter(self._folder, self.terms)) as writer:
            if writer.feed(library):
                writer.commit()
        self.refresh()

    def search(
        self, question: str, limit: int, within: Bounds, carried: Mapping[str, float] = NOTHING
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
        bounds = [(_Occur.Must, words), *self._bounds(within)]
        return self._run(_Query.boolean_query(bounds), limit)

    def score(
        self, question: str, ids: Sequence[int], carried: Mapping[str, float] = NOTHING
    ) -> Hits:
        """Score these passages as ``search`` would; those without a word of it are left out."""
        words = self._query(question, carried)
        if self._index is None or words is None or not len(ids):
            return Hits.none()
        these = _Query.term_set_query(self._index.schema, "id", [int(number) for number in ids])
        both = [(_Occur.Must, words), (_Occur.Must, _Query.const_score_query(these, 0.0))]
        return self._run(_Query.boolean_query(both), len(ids))

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

    def _bounds(self, within: Bounds) -> Iterator[tuple[tantivy.Occur, tantivy.Query]]:
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
            yield _Occur.Must, _Query.const_score_query(days, 0.0)
        if within.only is not None:
            yield _Occur.Must, _Query.const_score_query(_of(schema, within.only), 0.0)
        if within.without:
            yield _Occur.MustNot, _of(schema, within.without)

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


def _of(schema: tantivy.Schema, sources: Collection[str]) -> tantivy.Query:
    """What is of one of these sources."""
    return _Query.term_set_query(schema, "source", sorted(source.lower() for source in sources))
