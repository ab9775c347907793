"""Fits how much each thing counts: for the order of the quotes, and for the confidence.

    python -m training.calibrate [--data DIR] [--work DIR] [--questions N]

Asks questions of ``squad/dev`` and of ``news``, with all articles and with every second article
taken out, and writes ``retrieval/models/reader/weights.json``, fitted on every second question: the
others are for the tables. Then it fits on those others too, and says how far off the confidence is
over all questions, each half weighed as the other says. The libraries are kept in
``<work>/libraries``.

- The order is a conditional logistic regression (McFadden 1974): the chance of the right passages
  among all of a question's candidates.
- The confidence is a logistic regression of "the first quote says an accepted answer" on
  ``retrieval.answering.ranking.Evidence``, the collections counting the same (Platt 1999), and a
  library with half of the articles half as much as one with all. Each weight goes over from that of
  the smallest library to that of the largest with the logarithm of the size.
"""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from retrieval.answering.ranking import (
    WEIGHTS_FILE,
    Evidence,
    OrderWeights,
    UnreadWeights,
    evidence,
    size,
)
from retrieval.evaluation.metrics import expected_calibration_error
from retrieval.models.reader import ReaderOutput
from retrieval.models.reader.model import MODEL
from training.calibration_data import NAMES, Seen, look
from training.options import argument_parser

Floats = NDArray[np.float64]

_RELEVANCE, _MARGIN, _SEARCH, _COSINE, _COVERAGE, _ALIKE, _SAID, _PLACED = range(8)
_ORDERING = len(fields(OrderWeights))
_BY_SEARCH = [0, 3, 4]  # of a row of evidence: the intercept, the cosine and the coverage
_CONFIDENCE = ["intercept", *(field.name for field in fields(Evidence))]
_HALF_COUNTS = 0.5
"""What a library without every second article counts for the confidence. The same passage is right
less often there, and nothing seen of it tells so: the more it counts, the more the confidence is
too low where the articles answer, and the less it is too high where they don't."""
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
        reading = ReaderOutput(row[_RELEVANCE], row[_MARGIN], None)
        shown = evidence(reading, float(lead), row[_COSINE], row[_COVERAGE])
        inputs.append((1.0, *astuple(shown)))
        right.append(row[_SAID] > 0)
    return np.array(inputs), np.array(right)


def fit_confidence(parts: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    """The intercept, and a weight for each of ``Evidence``'s fields.

    Args:
        parts: of each library; of each collection first the one with all articles.
    """
    counts = np.tile([1.0, _HALF_COUNTS], len(parts) // 2)

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _SMALL * float(weights @ weights), 2 * _SMALL * weights
        for (inputs, right), count in zip(parts, counts, strict=True):
            logits = inputs @ weights
            total += count * float(np.mean(np.logaddexp(0, logits) - right * logits))
            slope += count * (1 / (1 + np.exp(-logits)) - right) @ inputs / len(right)
        return total, slope

    found: Floats = minimize(loss, np.zeros(parts[0][0].shape[1]), jac=True, method="BFGS").x
    return found


def between(inputs: Floats, large: float) -> Floats:
    """The evidence twice: the part that a small library's weights are for, and the large one's."""
    return np.hstack([inputs * (1 - large), inputs * large])


@dataclass(frozen=True, slots=True)
class Fitted:
    """The weights; those for the confidence twice, for a small library and for a large one."""

    order: Floats
    confidence: Floats
    unread: Floats


def fit(half: Sequence[Seen], sizes: Sequence[int]) -> Fitted:
    """Fit everything to what is seen of one half of the questions."""
    searched = np.array([0.0, 0.0, 1.0])
    unread = [first_ones(seen, searched) for seen in half]
    order = fit_order(half[::2])
    return Fitted(
        order=order,
        confidence=fit_confidence(evidence_of(half, sizes, order)),
        unread=fit_confidence([(inputs[:, _BY_SEARCH], right) for inputs, right in unread]),
    )


def evidence_of(
    half: Sequence[Seen], sizes: Sequence[int], order: Floats
) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """Of each library ``first_ones``, for a small library's weights and a large one's."""
    parts = []
    for seen, passages in zip(half, sizes, strict=True):
        inputs, right = first_ones(seen, order)
        parts.append((between(inputs, size(passages, min(sizes), max(sizes))), right))
    return parts


def main() -> None:
    """Fit, and write."""
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--questions", type=int, default=1_400, help="of each half of a collection, at most"
    )
    options = parser.parse_args()
    looked = look(options.data, options.work, options.questions)
    fitted = [fit(half, looked.sizes) for half in looked.halves]
    _write(fitted[0], looked.sizes)

    others = [
        evidence_of(half, looked.sizes, one.order)
        for one, half in zip(fitted, looked.halves[::-1], strict=True)
    ]
    for n, name in enumerate(NAMES):
        sure = np.concatenate(
            [
                1 / (1 + np.exp(-parts[n][0] @ one.confidence))
                for one, parts in zip(fitted, others, strict=True)
            ]
        )
        right = np.concatenate([parts[n][1] for parts in others])
        off = expected_calibration_error(sure.tolist(), right.tolist())
        print(
            f"{name}: {len(right)} questions, first quote right {right.mean():.3f}, "
            f"calibration error {off:.3f}"
        )


def _write(fitted: Fitted, sizes: Sequence[int]) -> None:
    small, large = np.split(fitted.confidence, 2)
    stored = {
        "order": _named(fitted.order, [field.name for field in fields(OrderWeights)]),
        "small": {"passages": min(sizes)} | _named(small, _CONFIDENCE),
        "large": {"passages": max(sizes)} | _named(large, _CONFIDENCE),
        "unread": _named(fitted.unread, [field.name for field in fields(UnreadWeights)]),
    }
    (MODEL / WEIGHTS_FILE).write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(stored, indent=2))


def _named(values: Floats, names: Sequence[str]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
