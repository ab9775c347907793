"""The index of vectors: FAISS's inner product, exact for few vectors, in cells for many. A cache.

Its files hold what came between two generations each. What came after the last is read from the
truth and kept beside them, what went is passed over, so that adding an article rewrites no file;
only when some thousands have come is a new file written. It takes in the files before it that are
not much larger, so that there are few, and each vector is written few times however the library
grew. Files of few vectors are mapped into memory, not read, and those who ask share them; one of
many keeps a seventh of each vector, and the nearest by that are compared by their vectors in the
truth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.library.local.indexes import vector_files
from retrieval.library.local.indexes.hits import Hits
from retrieval.library.local.indexes.vector_formats import (
    ExactVectors,
    IvfVectors,
    Selection,
    VectorFormat,
    read,
)
from retrieval.library.local.reader import LocalReader
from retrieval.models.encoder.base import Vectors

FEW = 8_192
"""Vectors that are soon read from the truth: never worth a file."""

MANY = 131_072
"""Vectors that are not all looked at any more."""

_BATCH = 8_192  # vectors read from the truth at a time
_LARGER = 4  # a new file takes in the one before it that is not so many times as large
_PART = 8  # all is written anew where more than 1 in so many vectors went
_COMPARED = 3  # times as many as are wanted, by the truth's vectors

_NONE: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Part:
    """A file, opened."""

    path: Path
    kind: VectorFormat

    @property
    def size(self) -> int:
        return int(self.kind.index.ntotal)

    @property
    def until(self) -> int:
        return vector_files.span(self.path)[1]


class VectorIndex:
    """Finds passages whose vectors point where the question's does.

    A file that cannot be read counts as missing, and so do those after it.

    Args:
        dimension: the length of a vector.
        few: so many vectors are never worth a file; by default ``FEW``.

    Attributes:
        generation: that of the library that the index has caught up with; 0 at first without a
            file.
    """

    def __init__(self, folder: Path, dimension: int, few: int | None = None) -> None:
        self._folder = folder
        self._dimension = dimension
        self._few = FEW if few is None else few
        self._library: LocalReader | None = None
        self._parts: list[_Part]
        self._later: ExactVectors  # what came after the files
        self._gone: NDArray[np.int64]  # ids in the files that are no longer in the library
        self._gone_until: int  # the generation up to which they are known
        self.generation: int
        self._open()

    def catch_up(self, library: LocalReader) -> None:
        """Bring the index to the library's generation, reading only what changed.

        Call it inside a snapshot of the library, in which it can then be searched.
        """
        self._library = library
        generation = library.generation()
        if self.generation == self._gone_until == generation:
            return
        if self.generation > generation or self._has_newer_files(generation):
            self._open(generation)
        try:
            if self.generation:
                removed = library.removed_since(self._gone_until)
                self._later.index.remove_ids(faiss.IDSelectorBatch(removed))
                self._gone = np.union1d(self._gone, removed)
            for ids, vectors in library.vectors_since(self.generation, _BATCH):
                self._later.index.add_with_ids(vectors.astype(np.float32), ids)
        except BaseException:
            self._open()  # half caught up is of no generation
            raise
        self.generation = self._gone_until = generation

    def save(self, library: LocalReader) -> None:
        """Write a file of what the others lack, if that is much.

        Args:
            library: in a snapshot. The index, as it was opened, need not have caught up with it.

        Raises:
            LibraryError: it cannot be written.
        """
        generation = library.generation()
        parts = [part for part in self._parts if part.until <= generation]
        if parts:
            gone = len(library.removed_since(parts[0].until))
            if gone > max(self._few, sum(part.size for part in parts) // _PART):
                parts = []
        coming = library.arrived_since(_until(parts))
        if coming > self._few:
            while parts and parts[-1].size < _LARGER * coming:
                coming += parts.pop().size
            since = _until(parts)
            kind = self._empty(library, coming)
            for ids, vectors in library.vectors_since(since, _BATCH):
                kind.index.add_with_ids(vectors.astype(np.float32), ids)
            path = vector_files.write(self._folder, since, generation, kind)
            parts.append(_Part(path, kind))
        vector_files.remove_others(self._folder, [part.path for part in parts])

    def search(
        self,
        vector: Vectors,
        limit: int,
        only: NDArray[np.int64] | None,
        without: NDArray[np.int64] | None = None,
    ) -> Hits:
        """Find the nearest passages; a score is the cosine similarity.

        Args:
            vector: of the question, shape (1, dimension).
            only: ids of the passages to search, or None for all.
            without: where it is for all, ids of those to leave out, or None for none.
        """
        size = self._later.index.ntotal + sum(part.size for part in self._parts)
        if only is not None:
            later = saved = Selection(only, size, left_out=False)
        else:
            left_out = _NONE if without is None else without
            later = Selection(left_out, size, left_out=True)
            saved = Selection(np.concatenate([self._gone, left_out]), size, left_out=True)
        found = [self._later.search(vector, limit, later)]
        about = [Hits.none()]
        for part in self._parts:
            if isinstance(part.kind, ExactVectors):
                found.append(part.kind.search(vector, limit, saved))
            else:
                about.append(part.kind.search(vector, _COMPARED * limit, saved))
        found.append(self.score(vector, _best(about, _COMPARED * limit).ids.tolist()))
        return _best(found, limit)

    def score(self, vector: Vectors, ids: Sequence[int]) -> Hits:
        """The cosines of these passages by the truth's vectors, without those that wait for one.

        Args:
            vector: of the question, shape (1, dimension).
        """
        stored = self._library.vectors_of(ids) if self._library is not None else {}
        if not stored:
            return Hits.none()
        scores = np.stack([*stored.values()]).astype(np.float32) @ vector[0]
        return Hits(np.fromiter(stored, dtype=np.int64, count=len(stored)), scores)

    def _open(self, until: int | None = None) -> None:
        """Be what the files hold, those of no later generation than ``until``."""
        tried: list[Path] | None = None
        while (paths := vector_files.chain(self._folder, until)) != tried:
            tried = paths
            self._parts = [*self._read(paths)]
            if len(self._parts) == len(paths):
                break  # otherwise another process may just have replaced some: look again
        self._later = ExactVectors.empty(self._dimension)
        self._gone = _NONE
        self.generation = _until(self._parts)
        self._gone_until = self._parts[0].until if self._parts else 0

    def _read(self, paths: Sequence[Path]) -> Iterator[_Part]:
        for path in paths:
            try:
                kind = read(path)
            except (RuntimeError, ValueError):
                return
            if kind.index.d != self._dimension:
                return
            yield _Part(path, kind)

    def _has_newer_files(self, generation: int) -> bool:
        """Whether another process has written what is kept beside the files here."""
        if self._later.index.ntotal <= self._few:
            return False
        paths = vector_files.chain(self._folder, generation)
        return bool(paths) and vector_files.span(paths[-1])[1] > _until(self._parts)

    def _empty(self, library: LocalReader, size: int) -> VectorFormat:
        """What so many vectors of the library are to be kept in."""
        if size > MANY:
            ids = library.passages_within()
            some = np.random.default_rng(0).permutation(ids)[: IvfVectors.sample_for(size)]
            sample = [*library.vectors_of(some.tolist()).values()]
            if len(sample) >= IvfVectors.LEAST:
                return IvfVectors.empty(np.stack(sample).astype(np.float32), size)
        return ExactVectors.empty(self._dimension)


def _until(parts: Sequence[_Part]) -> int:
    return parts[-1].until if parts else 0


def _best(found: Sequence[Hits], limit: int) -> Hits:
    ids = np.concatenate([hits.ids for hits in found])
    scores = np.concatenate([hits.scores for hits in found])
    best = np.argsort(-scores, kind="stable")[:limit]
    return Hits(ids[best], scores[best])
