"""The two kinds of index that a file of vectors can be: exact for few of them, cells for many.

``benchmarks/scale/library_size.py`` measures both at every size.
"""

import math
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.library.local.indexes.hits import Hits
from retrieval.models.encoder.base import Vectors

_CELLS = 1.3  # times the square root of the number of vectors
_PROBED = 6  # of the cells, one in so many is looked at
_FOR_A_CELL = 32  # vectors, to find where its middle is
_ROUNDS = 8  # of moving the middles; more of them find no better ones

# One question at a time is faster on one thread: others would wait for a processor that the
# encoder or an indexer is using.
faiss.omp_set_num_threads(1)


class Selection:
    """Which passages a search is for.

    Args:
        of: how many passages there are.
        left_out: all but those are searched; otherwise only those.

    Attributes:
        share: how much of all passages are chosen, above 0, at most 1.
    """

    def __init__(self, ids: NDArray[np.int64], of: int, *, left_out: bool) -> None:
        count = of - len(ids) if left_out else len(ids)
        self.share = min(1.0, max(1, count) / max(1, of))
        self._left_out, self._all = left_out, left_out and not len(ids)
        # A bit for each id up to the last, which FAISS looks up soonest. None of these may go
        # while it searches.
        there = np.zeros(int(ids.max(initial=-1)) + 1, dtype=bool)
        there[ids] = True
        self._bits = np.packbits(there, bitorder="little")
        self._these = faiss.IDSelectorBitmap(len(self._bits), faiss.swig_ptr(self._bits))
        self._others = faiss.IDSelectorNot(self._these)

    def given_to(self, parameters: faiss.SearchParameters) -> faiss.SearchParameters:
        """The parameters with what selects these, for as long as this object lives."""
        if not self._all:
            parameters.sel = self._others if self._left_out else self._these
        return parameters


class ExactVectors:
    """Looks at every vector, each kept as float16: the scores are the cosines.

    Args:
        index: what FAISS keeps them in.
    """

    def __init__(self, index: faiss.IndexIDMap) -> None:
        self.index = index

    @classmethod
    def empty(cls, dimension: int) -> "ExactVectors":
        kind = faiss.ScalarQuantizer.QT_fp16
        codes = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
        return cls(faiss.IndexIDMap(codes))

    def ids(self) -> NDArray[np.int64]:
        """The ids of its passages, in its order."""
        found: NDArray[np.int64] = faiss.vector_to_array(self.index.id_map)
        return found

    def search(self, vector: Vectors, limit: int, chosen: Selection) -> Hits:
        """The nearest of the chosen passages, at most ``limit``; a score is a cosine."""
        return _search(self.index, vector, limit, chosen.given_to(faiss.SearchParameters()))


class IvfVectors:
    """Looks at the vectors in the cells nearest to the question's: its scores are about right.

    Each vector is in the cell whose middle is nearest to it, as codes of 4 bits for 2 of its
    components each, of which FAISS compares 32 at once. Where few of the passages are chosen, it
    looks into more cells, up to all: what is searched for may be in any of them.

    Args:
        index: what FAISS keeps them in.
    """

    LEAST = 16
    """Vectors that can be learnt from: as many as a code of 4 bits has values."""

    def __init__(self, index: faiss.IndexIVFPQFastScan) -> None:
        self.index = index

    @classmethod
    def sample_for(cls, size: int) -> int:
        """How many vectors are to be learnt from, for an index of so many."""
        return max(cls.LEAST, _cells(size) * _FOR_A_CELL)

    @classmethod
    def empty(cls, sample: Vectors, size: int) -> "IvfVectors":
        """One of no vectors yet.

        Args:
            sample: some of those that will come, at least ``LEAST``.
            size: how many will come, about.
        """
        dimension = sample.shape[1]
        cells = min(_cells(size), len(sample))
        middles = faiss.IndexFlatIP(dimension)
        learner = faiss.Clustering(dimension, cells)
        learner.niter, learner.spherical, learner.min_points_per_centroid = _ROUNDS, True, 1
        learner.train(sample, middles)
        parts = dimension // 2 if dimension % 2 == 0 else dimension
        index = faiss.IndexIVFPQFastScan(
            middles, dimension, cells, parts, 4, faiss.METRIC_INNER_PRODUCT
        )
        index.pq.cp.min_points_per_centroid = 1
        index.train(sample)
        return cls(index)

    def ids(self) -> NDArray[np.int64]:
        """The ids of its passages, cell by cell."""
        lists: Any = self.index.invlists
        found = [np.zeros(0, dtype=np.int64)]
        for cell in range(self.index.nlist):
            if size := lists.list_size(cell):
                found.append(faiss.rev_swig_ptr(lists.get_ids(cell), size).copy())
        return np.concatenate(found)

    def search(self, vector: Vectors, limit: int, chosen: Selection) -> Hits:
        """About the nearest of the chosen passages, at most ``limit``, with about their cosines."""
        # Squared, since the chosen ones may be of one subject, and in few of the cells.
        wanted = self.index.nlist / _PROBED / chosen.share**2
        probes = int(min(self.index.nlist, max(_PROBED, wanted)))
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = probes
        return _search(self.index, vector, limit, chosen.given_to(parameters))


VectorFormat = ExactVectors | IvfVectors


def read(path: Path) -> VectorFormat:
    """Open a file of vectors.

    Raises:
        ValueError: it is of neither kind.
        RuntimeError: FAISS cannot read it.
    """
    index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    if isinstance(index, faiss.IndexIDMap):
        return ExactVectors(index)
    if isinstance(index, faiss.IndexIVFPQFastScan):
        return IvfVectors(index)
    raise ValueError(f"{path}: an index of another kind")


def _cells(size: int) -> int:
    return max(1, round(_CELLS * math.sqrt(size)))


def _search(
    index: faiss.Index, vector: Vectors, limit: int, parameters: faiss.SearchParameters
) -> Hits:
    limit = min(limit, index.ntotal)
    if not limit:
        return Hits.none()
    scores, ids = index.search(vector, limit, params=parameters)
    found = ids[0] >= 0
    return Hits(ids[0][found], scores[0][found])
