"""The index of vectors: FAISS's exact inner product over float16 codes. A cache.

    <folder>/<generation>.faiss     the vectors as of that generation

What came later is read from the truth when the library is opened, so that adding an article
rewrites no file; only when that is more than an eighth of the library is a new file written.
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
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self._dimension = dimension
        self.generation = -1
        self._saved = self._unsaved = 0
        self._index: faiss.Index = self._empty()
        for path in self._files():
            with contextlib.suppress(RuntimeError, ValueError):
                index = faiss.read_index(str(path))
                if index.d == dimension:
                    self._index, self._saved = index, index.ntotal
                    self.generation = int(path.stem)
                    break

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def catch_up(self, library: Library) -> None:
        """Bring the index to the library's generation, reading only what changed."""
        generation = library.generation()
        if self.generation == generation:
            return
        if self.generation > generation:  # the truth was put back from an older copy
            self._forget()
        try:
            if len(self):
                removed = library.removed_since(self.generation)
                if len(removed):
                    self._unsaved += self._index.remove_ids(faiss.IDSelectorBatch(removed))
            for ids, vectors in library.vectors_since(self.generation, _BATCH):
                self._index.add_with_ids(vectors.astype(np.float32), ids)
                self._unsaved += len(ids)
        except BaseException:
            self._forget()  # half caught up is of no generation
            raise
        self.generation = generation

    def save(self, few: int | None = None) -> None:
        """Write the index to a file if the last one lacks much of it.

        Whoever opens the library reads what the file lacks from the truth, and a new file costs
        as much as the library is large. With an eighth as the limit, little has to be read, and
        each vector is written some eight times at most however the library grew.

        Args:
            few: so many vectors are never worth a file.

        Raises:
            LibraryError: it cannot be written.
        """
        if self._unsaved <= max(_FEW if few is None else few, self._saved // _PART):
            self._clear_away()
            return
        path = self._folder / f"{self.generation}.faiss"
        unfinished = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as stream:
                stream.write(faiss.serialize_index(self._index).tobytes())
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
            sync_folder(self._folder)
        except OSError as error:
            raise LibraryError(
                f"{self._folder}: cannot be written ({error.strerror}); what was committed is kept."
                " Mend that, then run: quoth index"
            ) from error
        self._saved, self._unsaved = len(self), 0
        self._clear_away()

    def search(self, vector: Vectors, limit: int, only: NDArray[np.int64] | None) -> Hits:
        """Find the nearest passages; a score is the cosine similarity.

        Args:
            vector: of the question, shape (1, dimension).
            limit: how many at most.
            only: ids of the passages to search, or None for all.
        """
        if not len(self) or (only is not None and not len(only)):
            return Hits.none()
        wanted = min(limit, len(self))
        if only is None:
            scores, ids = self._index.search(vector, wanted)
        else:
            chosen = faiss.SearchParameters()
            chosen.sel = selector = faiss.IDSelectorBatch(only)  # FAISS does not keep it alive
            scores, ids = self._index.search(vector, wanted, params=chosen)
            del selector
        found = ids[0] >= 0
        return Hits(ids[0][found], scores[0][found])

    def _forget(self) -> None:
        self._index = self._empty()
        self.generation = -1
        self._saved = self._unsaved = 0

    def _clear_away(self) -> None:
        """Remove older files, and what a killed run left."""
        newest = self._files()[:1]
        with contextlib.suppress(OSError):  # they are in nobody's way, and the next run tries again
            for file in self._folder.iterdir():
                if file not in newest:
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
