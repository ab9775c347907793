"""The index of words: tantivy's BM25 over passages and their articles' titles. A cache."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType

import numpy as np
import tantivy
from numpy.typing import NDArray

from retrieval.documents.analyzer import Analyzer
from retrieval.library.filter import Bounds
from retrieval.library.local.indexes.hits import Hits
from retrieval.library.local.indexes.word_files import errors, generation_of, open_index, reason
from retrieval.library.local.indexes.word_writer import WordWriter
from retrieval.library.local.reader import LocalReader
from retrieval.library.term_weights import FIELD_WEIGHTS, SMOOTHING_PASSAGES, rarity

POSTINGS = 800_000
"""How many postings of a question's words are gone through at first: one for each passage and field
that a word is in. In libraries of some hundred thousand passages there begin to be more; what is
not found for it, and how long a search takes, ``benchmarks/scale/library_size.py`` measures."""

_DEEPER = 2  # times as many as are wanted are found, where frequent words have yet to count

NOTHING: Mapping[str, float] = MappingProxyType({})
"""No terms besides a question's own."""

_Occur = tantivy.Occur
_Query = tantivy.Query


class WordIndex:
    """Finds passages by their words.

    What cannot be opened counts as missing, and is built anew by the next ``catch_up``.

    Args:
        postings: how many are gone through for a question at first; see ``search``.

    Attributes:
        generation: that of the library that the index has caught up with; -1 without an index.
        trouble: why an index that is there could not be opened, or None.
        analyzer: what it takes texts apart with.
    """

    def __init__(self, folder: Path, postings: int = POSTINGS) -> None:
        self._folder = folder
        self._postings = postings
        self.analyzer = Analyzer()
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

    def catch_up(self, library: LocalReader) -> None:
        """Bring the index to the library's generation, reading only what changed.

        Call it inside a snapshot of the library, and holding the library's lock: tantivy, like
        the library, has one writer at a time.

        Raises:
            LibraryError: the index cannot be written.
        """
        if self.generation == library.text_generation():
            return
        with closing(WordWriter(self._folder, self.analyzer)) as writer:
            if writer.feed(library):
                writer.commit()
        self.refresh()

    def search(
        self, question: str, limit: int, within: Bounds, carried: Mapping[str, float] = NOTHING
    ) -> Hits:
        """Find the passages that share the question's rarest words.

        Where its words have more than ``postings``, as in a large library, the most frequent of
        them find nothing at first, and only count in the scores of what the others find. Where
        that is less than is wanted, all of them find; and where words of earlier turns are carried
        over, since what weighs little is not told from what matters by how rare it is.

        Args:
            question: any text; its words are searched, its punctuation means nothing.
            carried: terms to search for besides, with their weights; one of the question's own
                weighs 1.
        """
        index, words = self._index, self._asked(question, carried)
        if index is None or not words:
            return Hits.none()
        bounds = list(_bounds(index.schema, within))
        rarest = words if carried else self._rarest(index, words)
        if rarest and len(rarest) < len(words):
            rare = (_Occur.Must, _query(index.schema, rarest))
            found = _run(index, [rare, *bounds], _DEEPER * limit)
            if len(found.ids) >= limit:
                found = _scored(index, words, found.ids.tolist())
                return Hits(found.ids[:limit], found.scores[:limit])
        return _run(index, [(_Occur.Must, _query(index.schema, words)), *bounds], limit)

    def score(
        self, question: str, ids: Sequence[int], carried: Mapping[str, float] = NOTHING
    ) -> Hits:
        """Score these passages as ``search`` would; those without a word of it are left out."""
        words = self._asked(question, carried)
        if self._index is None or not words or not ids:
            return Hits.none()
        return _scored(self._index, words, ids)

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
        total = searcher.num_docs - 1 + SMOOTHING_PASSAGES
        found = {}
        for word in self.analyzer.content_terms(question):
            # Counted, since the frequency that the index keeps includes deleted passages.
            term = _Query.term_query(self._index.schema, "text", word, "freq")
            found_it = searcher.search(term, limit=1, count=True)
            holding = found_it.count or 0  # type: ignore[attr-defined] # its stubs forget it
            found[word] = rarity(holding, total)
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

    def _asked(self, question: str, carried: Mapping[str, float]) -> dict[str, float]:
        return {**carried, **dict.fromkeys(self.analyzer.content_terms(question), 1.0)}

    def _rarest(self, index: tantivy.Index, words: Mapping[str, float]) -> Mapping[str, float]:
        """The rarest of these terms, as many as ``postings`` allows."""
        searcher = index.searcher()
        if searcher.num_docs * len(FIELD_WEIGHTS) * len(words) <= self._postings:
            return words
        count = {
            word: sum(searcher.doc_freq(field, word) for field in FIELD_WEIGHTS) for word in words
        }
        ranked = sorted(words, key=count.__getitem__)
        kept = bisect_right([*accumulate(count[word] for word in ranked)], self._postings)
        return {word: words[word] for word in ranked[:kept]}


_Parts = Sequence[tuple[tantivy.Occur, tantivy.Query]]


def _scored(index: tantivy.Index, words: Mapping[str, float], ids: Sequence[int]) -> Hits:
    """These passages by all these terms, best first, without those that have none of them."""
    # One by one: tantivy looks a set up by going through its dictionary of ids.
    each = [_Query.term_query(index.schema, "id", number, "basic") for number in ids]
    these = _Query.boolean_query([(_Occur.Should, query) for query in each])
    wanted = [(_Occur.Must, _query(index.schema, words)), (_Occur.Must, _unscored(these))]
    return _run(index, wanted, len(ids))


def _run(index: tantivy.Index, parts: _Parts, limit: int) -> Hits:
    """The best passages that all these parts let through."""
    searcher = index.searcher()
    found = searcher.search(_Query.boolean_query(parts), limit=limit, count=False).hits
    ids = searcher.fast_field_values("id", [address for _, address in found])
    return Hits(
        np.array(ids, dtype=np.int64),
        np.array([score for score, _ in found], dtype=np.float32),
    )


def _query(schema: tantivy.Schema, words: Mapping[str, float]) -> tantivy.Query:
    """A query built from terms, so that no syntax can break it."""
    parts = []
    for word, counts in words.items():
        for field, weight in FIELD_WEIGHTS.items():
            term = _Query.term_query(schema, field, word, "freq")
            parts.append((_Occur.Should, _Query.boost_query(term, weight * counts)))
    return _Query.boolean_query(parts)


def _bounds(
    schema: tantivy.Schema, within: Bounds
) -> Iterator[tuple[tantivy.Occur, tantivy.Query]]:
    if within.since or within.until:
        days = _Query.range_query(
            schema,
            "day",
            tantivy.FieldType.Integer,
            within.since.toordinal() if within.since else 1,
            within.until.toordinal() if within.until else None,
        )
        yield _Occur.Must, _unscored(days)
    if within.only is not None:
        yield _Occur.Must, _unscored(_of(schema, within.only))
    if within.without:
        yield _Occur.MustNot, _of(schema, within.without)


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return _Query.const_score_query(query, 0.0)


def _of(schema: tantivy.Schema, sources: Collection[str]) -> tantivy.Query:
    return _Query.term_set_query(schema, "source", sorted(source.lower() for source in sources))
