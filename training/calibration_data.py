"""The questions that the weights are fitted to, in two halves: one to fit, one to report."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import collections
from benchmarks.common.collections import (
    Collection,
    build_library,
    build_subset_library,
    sample_evenly,
)
from retrieval.answering.candidates import RERANK_DEPTH
from retrieval.library import open as open_library
from retrieval.models.encoder import load_encoder
from retrieval.models.reader.model import MODEL_FOLDER, READER_FILE
from training.features import Column, Rows, gather

_WHOLE, _HALF = ("squad", "news"), "-half"

NAMES = [f"{name}{part}" for name in _WHOLE for part in ("", _HALF)]
"""Of the libraries, in the order of their questions."""


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """A question and its candidates, one at least."""

    text: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class CalibrationData:
    """The questions of each library, in the order of ``NAMES``.

    Attributes:
        sizes: how many passages each library has.
        halves: the questions to fit on, and those to report.
    """

    sizes: Sequence[int]
    halves: tuple[Sequence[Sequence[RankedQuestion]], Sequence[Sequence[RankedQuestion]]]


def load_calibration_data(data: Path, work: Path, limit: int) -> CalibrationData:
    """Ask both halves of each collection's questions.

    The candidates are kept in ``<work>/candidates``, by the reader's hash and how many it reads,
    and the libraries in ``<work>/libraries``.

    Args:
        data: folder of the collections.
        work: folder for what is made.
        limit: how many of each half of a collection are asked at most.
    """
    model = hashlib.sha256((MODEL_FOLDER / READER_FILE).read_bytes()).hexdigest()[:12]
    sizes: list[int] = []
    halves: tuple[list[Sequence[RankedQuestion]], list[Sequence[RankedQuestion]]] = ([], [])
    for name, collection in _collections(data):
        library = _library(name, collection, work)
        with closing(open_library(library).reader()) as opened, opened.snapshot() as state:
            sizes.append(state.passages)
        for which, half in enumerate(halves):
            key = f"{name}-{model}-{RERANK_DEPTH}-{len(Column)}-{limit}-{which}"
            kept = work / "candidates" / f"{key}.npz"
            asked = sample_evenly(collection.every_second(which).questions, limit)
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.savez(kept, *gather(library, asked))
                print(f"{name}: {len(asked)} questions asked", flush=True)
            with np.load(kept) as arrays:
                half.append(
                    [
                        RankedQuestion(question.text, arrays[array])
                        for question, array in zip(asked, arrays.files, strict=True)
                        if len(arrays[array])
                    ]
                )
    return CalibrationData(sizes, halves)


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
