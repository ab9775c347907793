"""Fits how much each thing counts: for the order of the quotes, and for the confidence.

    python -m training.calibrate [--data DIR] [--work DIR] [--questions N]

Asks questions of ``squad/dev`` and of ``news``, of every second one at most (the others are for the
tables), with all articles and with every second article taken out, and writes
``retrieval/models/reader/weights.json``. The libraries are kept in ``<work>/libraries``.

- The order is a conditional logistic regression (McFadden 1974): the chance of the right passages
  among all of a question's candidates.
- The confidence is a logistic regression of "the first quote says an accepted answer" on
  ``retrieval.judging.Evidence``, the collections counting the same (Platt 1999). Each weight goes
  over from that of the smallest library to that of the largest with the logarithm of the size.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks import collections
from benchmarks.collections import Collection, index_in, part_in
from retrieval.encoding import load_encoder
from retrieval.judging import (
    WEIGHTS_FILE,
    Evidence,
    OrderWeights,
    UnreadWeights,
    evidence,
    size,
)
from retrieval.library import Library
from retrieval.reader import Reading
from retrieval.reader.model import MODEL, READER_FILE
from retrieval.scoring import calibration_error
from training.evidence import gather
from training.options import arguments

Floats = NDArray[np.float64]
Seen = Sequence[NDArray[np.float32]]
"""For each question its candidates, shape (candidates, fields)."""

_RELEVANCE, _MARGIN, _SEARCH, _COSINE, _COVERAGE, _ALIKE, _SAID, _PLACED = range(8)
_ORDERING = len(fields(OrderWeights))
_BY_SEARCH = [0, 3, 4]  # of a row of evidence: the intercept, the cosine and the coverage
_CONFIDENCE = ["intercept", *(field.name for field in fields(Evidence))]
_SMALL = 1e-3  # the pull of the weights to zero, against separation


def fit_order(collections_seen: Sequence[Seen]) -> Floats:
    """The weights of relevance, margin and search, in this order."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _SMALL * float(weights @ weights), 2 * _SMALL * weights
        for seen in collections_seen:
            for rows in seen:
                right = (rows[:, _SAID] * rows[:, _PLACED]) > 0
                if not right.any():
                    continue
                inputs = rows[:, :_ORDERING].astype(float)
                scores = inputs @ weights
                chances = np.exp(scores - scores.max())
                all_of_them, wanted = chances.sum(), chances[right].sum()
                total += float(np.log(all_of_them / wanted)) / len(seen)
                slope += (
                    chances @ inputs / all_of_them - chances[right] @ inputs[right] / wanted
                ) / len(seen)
        return total, slope

    found: Floats = minimize(loss, np.full(_ORDERING, 0.5), jac=True, method="BFGS").x
    return found


def first_ones(seen: Seen, weights: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The evidence for each question's first quote, and whether it says an accepted answer."""
    inputs, right = [], []
    for rows in seen:
        scores = rows[:, :_ORDERING] @ weights
        best = int(scores.argmax())
        others = scores[rows[:, _ALIKE] != rows[best, _ALIKE]]
        lead = scores[best] - others.max() if len(others) else np.inf
        row = rows[best].tolist()
        reading = Reading(row[_RELEVANCE], row[_MARGIN], None)
        shown = evidence(reading, float(lead), row[_COSINE], row[_COVERAGE])
        inputs.append((1.0, *astuple(shown)))
        right.append(row[_SAID] > 0)
    return np.array(inputs), np.array(right)


def fit_confidence(parts: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    """The intercept, and a weight for each of ``Evidence``'s fields."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _SMALL * float(weights @ weights), 2 * _SMALL * weights
        for inputs, right in parts:
            logits = inputs @ weights
            total += float(np.mean(np.logaddexp(0, logits) - right * logits))
            slope += (1 / (1 + np.exp(-logits)) - right) @ inputs / len(right)
        return total, slope

    found: Floats = minimize(loss, np.zeros(parts[0][0].shape[1]), jac=True, method="BFGS").x
    return found


def between(inputs: Floats, large: float) -> Floats:
    """The evidence twice: the part that a small library's weights are for, and the large one's."""
    return np.hstack([inputs * (1 - large), inputs * large])


def look(name: str, collection: Collection, work: Path, limit: int) -> tuple[list[Seen], list[int]]:
    """What is seen of a collection's questions, with all articles and with half of them.

    It is kept in ``<work>/seen``, by the reader's hash.

    Returns:
        What is seen, and how many passages each library has.
    """
    model = hashlib.sha256((MODEL / READER_FILE).read_bytes()).hexdigest()[:12]
    seen: list[Seen] = []
    sizes: list[int] = []
    libraries = work / "libraries"
    for part, each in ((name, collection), (f"{name}-half", collection.without_every_second())):
        kept = work / "seen" / f"{part}-{model}-{limit}.npz"
        library = (
            index_in(libraries / part, each.articles, load_encoder())
            if part == name
            else part_in(libraries / part, libraries / name, each.articles)
        )
        with closing(Library(library)) as opened:
            sizes.append(opened.state().passages)
        if not kept.exists():
            asked = each.every_second(0).questions
            asked = asked[:: max(1, len(asked) // limit)]
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, *gather(library, asked))
            print(f"{part}: {len(asked)} questions asked", flush=True)
        with np.load(kept) as arrays:
            seen.append([arrays[array] for array in arrays.files if len(arrays[array])])
    return seen, sizes


def main() -> None:
    """Fit, and write."""
    parser = arguments(__doc__)
    parser.add_argument("--questions", type=int, default=1_400, help="of each collection, at most")
    options = parser.parse_args()
    squad, small = look("squad", collections.squad(options.data), options.work, options.questions)
    news, large = look("news", collections.news(options.data), options.work, options.questions)
    sizes = small + large
    smallest, largest = min(sizes), max(sizes)

    order = fit_order([squad[0], news[0]])
    parts = []
    for seen, passages in zip((*squad, *news), sizes, strict=True):
        inputs, right = first_ones(seen, order)
        parts.append((between(inputs, size(passages, smallest, largest)), right))
    confidence = fit_confidence(parts)
    searched = np.array([0.0, 0.0, 1.0])
    unread = [first_ones(seen, searched) for seen in (*squad, *news)]
    by_search = fit_confidence([(inputs[:, _BY_SEARCH], right) for inputs, right in unread])
    for name, (inputs, right) in zip(
        ("squad", "squad-half", "news", "news-half"), parts, strict=True
    ):
        sure = 1 / (1 + np.exp(-inputs @ confidence))
        off = calibration_error(sure.tolist(), right.tolist())
        print(f"{name}: first quote right {right.mean():.3f}, calibration error {off:.3f}")
    stored = {
        "order": _named(order, [field.name for field in fields(OrderWeights)]),
        "small": {"passages": smallest} | _named(confidence[: len(confidence) // 2], _CONFIDENCE),
        "large": {"passages": largest} | _named(confidence[len(confidence) // 2 :], _CONFIDENCE),
        "unread": _named(by_search, [field.name for field in fields(UnreadWeights)]),
    }
    (MODEL / WEIGHTS_FILE).write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(stored, indent=2))


def _named(values: Floats, names: Sequence[str]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
