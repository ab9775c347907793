"""What is seen of the questions to weigh by, in two halves: one to fit on, one to report."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import collections
from benchmarks.common.collections import (
    Collection,
    build_library,
    build_subset_library,
    sample_evenly,
)
from retrieval.library.local.reader import LocalReader
from retrieval.models.encoder import load_encoder
from retrieval.models.reader.model import MODEL, READER_FILE
from training.features import gather

Seen = Sequence[NDArray[np.float32]]
"""For each question its candidates, shape (candidates, fields)."""

_WHOLE, _HALF = ("squad", "news"), "-half"

NAMES = [f"{name}{part}" for name in _WHOLE for part in ("", _HALF)]
"""Of the libraries, in the order of what is seen of them."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is seen of the questions, library by library as in ``NAMES``.

    Attributes:
        sizes: how many passages each library has.
        halves: what is seen of the questions to fit on, and of those to report.
    """

    sizes: Sequence[int]
    halves: tuple[Sequence[Seen], Sequence[Seen]]


def look(data: Path, work: Path, limit: int) -> Looked:
    """Ask both halves of each collection's questions.

    What is seen is kept in ``<work>/seen``, by the reader's hash, and the libraries in
    ``<work>/libraries``.

    Args:
        data: folder of the collections.
        work: folder for what is made.
        limit: how many of each half of a collection are asked at most.
    """
    model = hashlib.sha256((MODEL / READER_FILE).read_bytes()).hexdigest()[:12]
    sizes: list[int] = []
    halves: tuple[list[Seen], list[Seen]] = ([], [])
    for name, collection in _collections(data):
        library = _library(name, collection, work)
        with closing(LocalReader(library)) as opened:
            sizes.append(opened.state().passages)
        for which, seen in enumerate(halves):
            kept = work / "seen" / f"{name}-{model}-{limit}-{which}.npz"
            if not kept.exists():
                asked = sample_evenly(collection.every_second(which).questions, limit)
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.savez(kept, *gather(library, asked))
                print(f"{name}: {len(asked)} questions asked", flush=True)
            with np.load(kept) as arrays:
                seen.append([arrays[array] for array in arrays.files if len(arrays[array])])
    return Looked(sizes, halves)


def _collections(data: Path) -> Iterator[tuple[str, Collection]]:
    for name, whole in zip(_WHOLE, (collections.squad(data), collections.news(data)), strict=True):
        yield name, whole
        yield f"{name}{_HALF}", whole.without_every_second()


def _library(name: str, collection: Collection, work: Path) -> Path:
    libraries = work / "libraries"
    if name.endswith(_HALF):
        whole = libraries / name.removesuffix(_HALF)
        return build_subset_library(libraries / name, whole, collection.articles)
    return build_library(libraries / name, collection.articles, load_encoder())
