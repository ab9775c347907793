"""The index of vectors: FAISS's exact inner product over float16 codes. A cache.

    <folder>/<generation>.faiss     the vectors as of that generation

The file is mapped into memory, not read: opening it takes no time however large it is, and those
who ask share it. What came later is read from the truth and kept beside it, what went is passed
over, so that adding an article rewrites no file; only when that is more than an eighth of the
library is a new file written.
"""

import contextlib
import os
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.encoding.encoder import Vectors
from retrieval.errors import LibraryError
from retrieval.library.folder import sync_folder
from retrieval.library.reader import Library
from retrieval.search.hits import Hits

_BATCH = 8192  # vectors read from the truth at a time
_FEW = 8192  # soon read from the truth: never worth a file
_PART = 8  # a file is written for more than 1 in so many vectors


# One question at a time is faster on one thread: others would wait for a processor that the
# encoder or an indexer is using.
faiss.omp_set_num_threads(1)


class VectorIndex:
    """Finds passages whose vectors point where the question's does.

    A file that cannot be read counts as missing.

    Args:
        folder: where its files are.
        dimension: the length of a vector.

    Attributes:
        generation: that of the library that the index has caught up with; -1 at first without a
            file.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self._dimension = dimension
        self._gone: NDArray[np.int64]  # ids in the file that are no longer in the library
        self._forget()
        for path in self._files():
            with contextlib.suppress(RuntimeError, ValueError):
                index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
                if index.d == dimension:
                    self._saved = index
                    self.generation = int(path.stem)
                    break

    def catch_up(self, library: Library) -> None:
        """Bring the index to the library's generation, reading only what changed."""
        generation = library.generation()
        if self.generation == generation:
            return
        if self.generation > generation:  # the truth was put back from an older copy
            self._forget()
        try:
            if self._saved.ntotal or self._later.ntotal:
                removed = library.removed_since(self.generation)
                self._later.remove_ids(faiss.IDSelectorBatch(removed))
                self._gone = np.union1d(self._gone, removed)
            for ids, vectors in library.vectors_since(self.generation, _BATCH):
                self._later.add_with_ids(vectors.astype(np.float32), ids)
        except BaseException:
            self._forget()  # half caught up is of no generation
            raise
        self.generation = generation

    def save(self, library: Library, few: int | None = None) -> None:
        """Write a file of the library's vectors if the last one lacks much of them.

        Whoever opens the library reads what the file lacks from the truth, and a new file costs
        as much as the library is large. With an eighth as the limit, little has to be read, and
        each vector is written some eight times at most however the library grew.

        Args:
            library: in a snapshot. The index, as it was opened, need not have caught up with it.
            few: so many vectors are never worth a file.

        Raises:
            LibraryError: it cannot be written.
        """
        generation = library.generation()
        since = self.generation if self.generation <= generation else -1
        few = _FEW if few is None else few
        if library.changes_since(since) <= max(few, self._saved.ntotal // _PART):
            self._clear_away(since)
            return
        index = self._empty()
        for ids, vectors in library.vectors_since(-1, _BATCH):
            index.add_with_ids(vectors.astype(np.float32), ids)
        path = self._folder / f"{generation}.faiss"
        unfinished = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            faiss.write_index(index, str(unfinished))
            with unfinished.open("rb") as stream:
                os.fsync(stream.fileno())
            unfinished.replace(path)
            sync_folder(self._folder)
        except (OSError, RuntimeError) as error:  # FAISS says all that can go wrong in one way
            reason = getattr(error, "strerror", None) or str(error).strip().rpartition("\n")[2]
            raise LibraryError(
                f"{self._folder}: cannot be written ({reason}); what was committed is kept."
                " Mend that, then run: quoth index"
            ) from error
        self._clear_away(generation)

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
            limit: how many at most.
            only: ids of the passages to search, or None for all.
            without: where it is for all, ids of those to leave out, or None for none.
        """
        left_out = _NONE if without is None else without
        saved = only
        if only is not None and len(self._gone):
            saved = np.setdiff1d(only, self._gone)
        gone = np.concatenate([self._gone, left_out])
        found = [
            _search(self._saved, vector, limit, saved, gone),
            _search(self._later, vector, limit, only, left_out),
        ]
        ids = np.concatenate([hits.ids for hits in found])
        scores = np.concatenate([hits.scores for hits in found])
        best = np.argsort(-scores, kind="stable")[:limit]
        return Hits(ids[best], scores[best])

    def _forget(self) -> None:
        self._saved = self._empty()
        self._later = self._empty()
        self._gone = _NONE
        self.generation = -1

    def _clear_away(self, generation: int) -> None:
        """Remove all files but that of a generation, and what a killed run left."""
        with contextlib.suppress(OSError):  # they are in nobody's way, and the next run tries again
            for file in self._folder.iterdir():
                if file.name != f"{generation}.faiss":
                    file.unlink(missing_ok=True)

    def _empty(self) -> faiss.IndexIDMap:
        codes = faiss.IndexScalarQuantizer(
            self._dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        return faiss.IndexIDMap(codes)

    def _files(self) -> list[Path]:
        """The saved indexes, the newest first."""
        files = [path for path in self._folder.glob("*.faiss") if path.stem.isdigit()]
        return sorted(files, key=lambda path: -int(path.stem))


def drop_undone(folder: Path, generation: int) -> None:
    """Remove the files of later generations than the truth's, which was put back from a copy.

    Call it before anything is committed: generations that come again are of other passages.
    """
    for path in folder.glob("*.faiss"):
        if path.stem.isdigit() and int(path.stem) > generation:
            path.unlink(missing_ok=True)


_NONE: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


def _search(
    index: faiss.Index,
    vector: Vectors,
    limit: int,
    only: NDArray[np.int64] | None,
    gone: NDArray[np.int64],
) -> Hits:
    """The nearest in one part of the index: of ``only`` where it is given, and none of ``gone``."""
    limit = min(limit, index.ntotal)
    if not limit or (only is not None and not len(only)):
        return Hits.none()
    # FAISS keeps none of these alive.
    bits = _bits(gone if only is None else only)
    chosen, these = (
        faiss.SearchParameters(),
        faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits)),
    )
    beside = faiss.IDSelectorNot(these)
    if only is not None:
        chosen.sel = these
    elif len(gone):
        chosen.sel = beside
    scores, ids = index.search(vector, limit, params=chosen)
    found = ids[0] >= 0
    return Hits(ids[0][found], scores[0][found])


def _bits(ids: NDArray[np.int64]) -> NDArray[np.uint8]:
    """A bit for each id up to the last, 1 for these: FAISS looks one up soonest."""
    there = np.zeros(int(ids.max(initial=-1)) + 1, dtype=bool)
    there[ids] = True
    return np.packbits(there, bitorder="little")
