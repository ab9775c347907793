"""Metrics of answers: of their words, and of their confidences.

Words are compared as SQuAD's own script does. The metrics of a set of questions need for each one
the confidence of the answer and whether it was right, nothing else.
"""

import math
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

_ARTICLES = frozenset({"a", "an", "the"})
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_BINS = 10


def normalise_answer(text: str) -> str:
    """SQuAD's normal form: lower case, no punctuation, no a/an/the, single spaces."""
    words = text.lower().translate(_NO_PUNCTUATION).split()
    return " ".join(word for word in words if word not in _ARTICLES)


def answer_in_quote(answers: Iterable[str], quote: str) -> bool:
    """Whether an accepted answer is in a quote, as whole words, in the normal form."""
    padded = f" {normalise_answer(quote)} "
    return any(f" {normalise_answer(answer)} " in padded for answer in answers)


def exact_match(answers: Iterable[str], given: str) -> bool:
    """Whether what was given is an accepted answer, in the normal form."""
    return normalise_answer(given) in {normalise_answer(answer) for answer in answers}


def f1(answers: Iterable[str], given: str) -> float:
    """Token F1 of what was given and an accepted answer, the best of all accepted ones.

    The harmonic mean of the share of the given words that are the answer's and the share of the
    answer's words that were given, each occurrence of a word counting once.
    """
    return max(
        (_overlap(normalise_answer(answer), normalise_answer(given)) for answer in answers),
        default=0.0,
    )


def _overlap(answer: str, given: str) -> float:
    if not answer or not given:
        return float(answer == given)
    wanted, said = answer.split(), given.split()
    common = (Counter(wanted) & Counter(said)).total()
    return 2 * common / (len(wanted) + len(said))


def auroc(above: Sequence[float], below: Sequence[float]) -> float:
    """The area under the ROC curve: the chance that one of the first is above one of the second.

    A tie counts half, so 0.5 is no better than a coin. There has to be one of each at least.
    """
    order = np.sort(np.asarray(below, dtype=np.float64))
    beaten = np.searchsorted(order, above, "left")
    reached = np.searchsorted(order, above, "right")
    return float((beaten + reached).mean() / 2 / len(order))


def expected_calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """The expected calibration error: how far confidence is from the share that is right.

    Measured in ten bins of as equal a count as can be, from the least sure answers to the most,
    and averaged over the answers. There has to be one at least.
    """
    sure, was_right = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    order = np.argsort(sure, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    off = sum(len(each) * abs(sure[each].mean() - was_right[each].mean()) for each in bins)
    return float(off / len(sure))


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """How many answers a threshold lets through, and how many of them are right.

    Attributes:
        threshold: the least confidence of an answer that is given.
        answered: how many are given, one at least.
        right: how many of these are right.
    """

    threshold: float
    answered: int
    right: int

    @property
    def precision(self) -> float:
        """The share of the answers given that are right."""
        return self.right / self.answered


def operating_points(confidence: Sequence[float], right: Sequence[bool]) -> list[OperatingPoint]:
    """The operating point of every threshold that makes a difference, the highest first.

    Answers of the same confidence are given or withheld together.
    """
    ranked = sorted(zip(confidence, right, strict=True), key=itemgetter(0), reverse=True)
    points = []
    answered = correct = 0
    for threshold, alike in groupby(ranked, key=itemgetter(0)):
        outcomes = [was_right for _, was_right in alike]
        answered += len(outcomes)
        correct += sum(outcomes)
        points.append(OperatingPoint(threshold, answered, correct))
    return points


def answered_at_precision(points: Iterable[OperatingPoint], precision: float) -> int:
    """The most answers that can be given, the surest first, with this precision."""
    return max((point.answered for point in points if point.precision >= precision), default=0)


def best_operating_point(points: Sequence[OperatingPoint]) -> OperatingPoint | None:
    """The operating point at which right answers less wrong ones are the most.

    A wrong answer is taken to harm as much as a right one helps, so the threshold goes down for as
    long as the answers that come in are right more often than wrong: to 0.5 where confidence is
    honest, and to what should have been 0.5 where it is not. Of equals, the one with fewer wrong.

    Returns:
        The point, with a threshold of as few digits as do the same, two at least; None where at
        no threshold more answers are right than wrong.
    """
    best = max(points, key=lambda point: 2 * point.right - point.answered, default=None)
    if best is None or 2 * best.right <= best.answered:
        return None
    withheld = max((p.threshold for p in points if p.threshold < best.threshold), default=0.0)
    return OperatingPoint(_fewest_digits(withheld, best.threshold), best.answered, best.right)


def _fewest_digits(low: float, high: float) -> float:
    """Of the numbers in (low, high], the highest of as few decimal digits as possible."""
    for digits in range(2, 16):
        number = math.floor(high * 10.0**digits) / 10.0**digits
        if low < number <= high:
            return number
    return high
