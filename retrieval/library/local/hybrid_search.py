"""Searches words and vectors of a library in a folder; ``fusion.py`` puts both together."""

import contextlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import LibraryError
from retrieval.library.filter import Bounds, Filter
from retrieval.library.fusion import DEPTH, Candidate, fuse
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.indexes.words import NOTHING, WordIndex
from retrieval.library.local.lock import writer_lock
from retrieval.library.local.reader import LocalReader
from retrieval.models.encoder.base import Vectors

_CACHED = 8  # bounds whose passages are remembered: those of a server are asked for again


_Passages = tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]


class HybridSearch:
    """Searches a library, keeping both indexes in step with it. Not for two threads at once."""

    def __init__(self, library: LocalReader, dimension: int) -> None:
        self._library = library
        self.words = WordIndex(library.edition.words)
        self.vectors = VectorIndex(library.edition.vectors, dimension)
        self._sources: frozenset[str | None] = frozenset()
        self._chosen: dict[Bounds, _Passages] = {}  # of the bounds that were asked for last
        self._sources_as_of = -1

    def catch_up(self) -> None:
        """See what was committed since the last question. Call it inside a snapshot.

        Whoever indexes keeps the word index. Only where it was killed before it could, or the
        index is damaged, is the work done here; not while somebody writes, since asking never
        waits for indexing.
        """
        generation = self._library.text_generation()
        if self.words.generation != generation:
            self.words.refresh()
        if self.words.generation < generation:
            with contextlib.suppress(LibraryError), writer_lock(self._library.path, wait=0):
                self.words.catch_up(self._library)
        self.vectors.catch_up(self._library)

    def search(
        self,
        question: str,
        vector: Vectors,
        within: Filter,
        carried: Mapping[str, float] = NOTHING,
    ) -> list[Candidate]:
        """See ``LibrarySearcher.search``; both halves look at no articles but those ``within``."""
        bounds = within.among(self._all_sources()) if within else Bounds()
        chosen = self._passages(bounds)
        # Words beside vectors: what takes most of the time holds no lock of Python's.
        with ThreadPoolExecutor(1, "words") as beside:
            finding = beside.submit(self.words.search, question, DEPTH, bounds, carried)
            by_vector = self.vectors.search(vector, DEPTH, *chosen)
            by_words = finding.result()
            unscored = np.setdiff1d(by_vector.ids, by_words.ids).tolist()
            scoring = beside.submit(self.words.score, question, unscored, carried)
            unseen = np.setdiff1d(by_words.ids, by_vector.ids).tolist()
            cosines = by_vector.by_id() | self.vectors.score(vector, unseen).by_id()
            # An index may be ahead of this snapshot or behind it; what the truth has counts.
            found = np.union1d(by_words.ids, by_vector.ids).tolist()
            passages = self._library.passages(found)
            words = by_words.by_id() | scoring.result().by_id()

        there = [passages[number] for number in found if number in passages]
        return fuse(there, words, cosines)

    def _all_sources(self) -> frozenset[str | None]:
        """The sources that the library's articles have, read where any words changed since."""
        generation = self._library.text_generation()
        if self._sources_as_of != generation:
            self._sources = self._library.sources()
            self._chosen.clear()
            self._sources_as_of = generation
        return self._sources

    def _passages(self, bounds: Bounds) -> _Passages:
        """The passages to search, or None for all, and those to leave out, or None for none."""
        if bounds == Bounds():
            return None, None
        if bounds not in self._chosen:
            while len(self._chosen) >= _CACHED:
                del self._chosen[next(iter(self._chosen))]
            self._chosen[bounds] = self._read_passages(bounds)
        return self._chosen[bounds]

    def _read_passages(self, bounds: Bounds) -> _Passages:
        if bounds.since or bounds.until or bounds.only is not None:
            return self._library.passages_within(
                bounds.since, bounds.until, bounds.only, bounds.without
            ), None
        # Most often few, where the rest is much to name.
        return None, self._library.passages_within(None, None, bounds.without)
