"""Fits the weights of the rank score and of the confidence.

    python -m training.calibrate [--data DIR] [--work DIR] [--questions N]

Asks questions of ``squad/dev`` and of ``news``, with all articles and with every second article
taken out, and writes ``retrieval/models/reader/weights.json``, fitted on every second question: the
others are for the tables. Then it fits on those others too, and reports the calibration error over
all questions, each half with the weights of the other. The libraries are kept in
``<work>/libraries``.

- The rank score is a conditional logistic regression (McFadden 1974): the probability of the right
  passages among all of a question's candidates.
- The confidence is a logistic regression of "the first quote has an accepted answer" on
  ``retrieval.answering.ranking.ConfidenceFeatures``, the collections counting the same (Platt
  1999), and a library with half of the articles half as much as one with all. Each weight is
  interpolated from that of the smallest library to that of the largest by the logarithm of the
  size.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from retrieval.answering.ranking import (
    ConfidenceFeatures,
    best_first,
    confidence,
    confidence_features,
    log_interpolation,
)
from retrieval.answering.weights import WEIGHTS_FILE, FittedWeights, OrderWeights, UnreadWeights
from retrieval.evaluation.metrics import expected_calibration_error
from retrieval.models.reader.model import MODEL_FOLDER
from training.calibration_data import NAMES, RankedQuestion, load_calibration_data
from training.features import Column, Rows, stored_candidates
from training.options import argument_parser

Floats = NDArray[np.float64]

_ORDER = [field.name for field in fields(OrderWeights)]
_CONFIDENCE = ["intercept", *(field.name for field in fields(ConfidenceFeatures))]
_UNREAD = [field.name for field in fields(UnreadWeights)]

_HALF_COUNTS = 0.5
"""The weight of a library without every second article in the fit of the confidence. The same
passage is right less often there, and no feature tells so: the more it counts, the more the
confidence is too low where the articles answer, and the less it is too high where they don't."""

_L2_PENALTY = 1e-3  # against separation


def fit_order(collections: Sequence[Sequence[RankedQuestion]]) -> Floats:
    """The weights of ``rank_inputs``, shape (3,)."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _L2_PENALTY * float(weights @ weights), 2 * _L2_PENALTY * weights
        for questions in collections:
            for question in questions:
                rows = question.rows
                right = (rows[:, Column.RIGHT_QUOTE] * rows[:, Column.RIGHT_ARTICLE]) > 0
                if not right.any():
                    continue
                inputs = rows[:, : len(_ORDER)].astype(float)
                scores = inputs @ weights
                odds = np.exp(scores - scores.max())
                odds_of_all, odds_of_right = odds.sum(), odds[right].sum()
                total += float(np.log(odds_of_all / odds_of_right)) / len(questions)
                slope += (
                    odds @ inputs / odds_of_all - odds[right] @ inputs[right] / odds_of_right
                ) / len(questions)
        return total, slope

    found: Floats = minimize(loss, np.full(len(_ORDER), 0.5), jac=True, method="BFGS").x
    return found


def first_features(
    text: str, rows: Rows, order: Floats, *, unread: bool = False
) -> tuple[ConfidenceFeatures, bool]:
    """The features of a question's first candidate, and whether an accepted answer is in it.

    Args:
        text: the question.
        rows: its candidates, one at least.
        order: the weights of ``rank_inputs``.
        unread: takes them as if the reader had read none.
    """
    ranked = best_first(text, stored_candidates(rows, order, unread=unread))
    return confidence_features(ranked, ranked[0].coverage), ranked[0].right


def fit_confidence(parts: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    """The weights of a logistic regression, one for each input.

    Args:
        parts: the inputs of each library, shape (questions, inputs), and which are right; of each
            collection first the library with all articles.
    """
    counts = np.tile([1.0, _HALF_COUNTS], len(parts) // 2)

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _L2_PENALTY * float(weights @ weights), 2 * _L2_PENALTY * weights
        for (inputs, right), count in zip(parts, counts, strict=True):
            logits = inputs @ weights
            total += count * float(np.mean(np.logaddexp(0, logits) - right * logits))
            slope += count * (1 / (1 + np.exp(-logits)) - right) @ inputs / len(right)
        return total, slope

    found: Floats = minimize(loss, np.zeros(parts[0][0].shape[1]), jac=True, method="BFGS").x
    return found


def fit(half: Sequence[Sequence[RankedQuestion]], sizes: Sequence[int]) -> FittedWeights:
    """Fit everything to one half of the questions.

    Args:
        half: the questions of each library.
        sizes: how many passages each has.
    """
    order = fit_order(half[::2])
    search_alone = np.array([0.0, 0.0, 1.0])
    read, unread = [], []
    for questions, passages in zip(half, sizes, strict=True):
        inputs, right = _inputs(questions, order, _CONFIDENCE)
        large = log_interpolation(passages, min(sizes), max(sizes))
        # Each input twice: for a small library's weights and for a large one's.
        read.append((np.hstack([inputs * (1 - large), inputs * large]), right))
        unread.append(_inputs(questions, search_alone, _UNREAD, unread=True))
    small, large_weights = np.split(fit_confidence(read), 2)
    return FittedWeights.from_dict(
        {
            "order": _named(order, _ORDER),
            "small": {"passages": min(sizes)} | _named(small, _CONFIDENCE),
            "large": {"passages": max(sizes)} | _named(large_weights, _CONFIDENCE),
            "unread": _named(fit_confidence(unread), _UNREAD),
        }
    )


def _inputs(
    questions: Sequence[RankedQuestion],
    order: Floats,
    names: Sequence[str],
    *,
    unread: bool = False,
) -> tuple[Floats, NDArray[np.bool_]]:
    """The inputs of a logistic regression by their names, and which first quotes are right."""
    inputs, right = [], []
    for question in questions:
        features, is_right = first_features(question.text, question.rows, order, unread=unread)
        if features.unread == unread:
            values = {"intercept": 1.0} | asdict(features)
            inputs.append([values[name] for name in names])
            right.append(is_right)
    return np.array(inputs), np.array(right)


def main() -> None:
    """Fit, write the weights, and print the calibration error."""
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--questions", type=int, default=1_400, help="of each half of a collection, at most"
    )
    options = parser.parse_args()
    data = load_calibration_data(options.data, options.work, options.questions)
    fitted = [fit(half, data.sizes) for half in data.halves]
    stored = json.dumps(asdict(fitted[0]), indent=2)
    (MODEL_FOLDER / WEIGHTS_FILE).write_text(stored + "\n", encoding="utf-8")
    print(stored)

    for n, name in enumerate(NAMES):
        sure, right = [], []
        for weights, half in zip(fitted, data.halves[::-1], strict=True):
            order = np.array(astuple(weights.order))
            for question in half[n]:
                features, is_right = first_features(question.text, question.rows, order)
                sure.append(confidence(features, data.sizes[n], weights))
                right.append(is_right)
        print(
            f"{name}: {len(right)} questions, first quote right {np.mean(right):.3f}, "
            f"calibration error {expected_calibration_error(sure, right):.3f}"
        )


def _named(values: Floats, names: Sequence[str]) -> dict[str, Any]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
