"""Asks labelled questions and computes metrics of the answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.answering.answer import Answer, Quote
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.metrics import (
    OperatingPoint,
    answer_in_quote,
    answered_at_precision,
    auroc,
    best_operating_point,
    exact_match,
    expected_calibration_error,
    f1,
    operating_points,
)

QUOTES = 10
"""Quotes that each question asks for: article@10 looks at so many."""

TARGET_PRECISION = 0.9
"""Of coverage@90: the share of the answers given that is to be right."""


@dataclass(frozen=True, slots=True)
class EvaluatedAnswer:
    """The answer to a labelled question, evaluated.

    Attributes:
        question: with what would have been right.
        answered: whether an answer was given, or "not found".
        confidence: how sure it was; 0 without any quote.
        rank: of the first quote with an accepted answer, counted from 1; None without one.
        article_rank: of the first quote from an article that answers; None without one.
        quote: the first one's words; None where there is none.
        words: those in it that were marked as the answer; None where none are.
        article: the id of its article.
    """

    question: LabelledQuestion
    answered: bool
    confidence: float
    rank: int | None
    article_rank: int | None
    quote: str | None
    words: str | None
    article: str | None
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether an accepted answer is in the first quote."""
        return self.rank == 1

    @property
    def missed(self) -> bool:
        """Whether it is a miss: a wrong answer given, or none where there is one."""
        return not self.right if self.answered else bool(self.question.answers)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The effect of a threshold on these questions.

    Attributes:
        share_answered: of all questions, those that are answered.
        share_right: of the answers given, those that are right; None where none is given.
    """

    min_confidence: float
    share_answered: float
    share_right: float | None


@dataclass(frozen=True, slots=True)
class EvaluationMetrics:
    """Metrics over a set of questions; None where these questions have too few of a kind.

    Attributes:
        answerable: how many of them the articles answer.
        unanswerable: how many they do not.
        quote_at_1: of the answerable, the share with an accepted answer in the first quote.
        quote_at_3: the same for the first three.
        article_at_1: of those whose articles are known, the share with one of them first.
        article_at_3: the same for the first three.
        article_at_10: the same for the first ten.
        exact_match: of the answerable, the share whose marked words are an accepted answer.
        f1: how much the marked words have in common with it, on average.
        not_found_auroc: the chance that an answerable question is surer than another.
        coverage_at_90: the share of all questions that can be answered, the surest first, with
            90 % of the answers right.
        calibration_error: how far confidence is from the share that is right.
        median_ms: the milliseconds within which half of the answers came.
        p95_ms: those within which 95 % came.
        present: what the threshold in use does.
        suggested: what the best one would do.
    """

    questions: int
    answerable: int
    unanswerable: int
    quote_at_1: float | None
    quote_at_3: float | None
    article_at_1: float | None
    article_at_3: float | None
    article_at_10: float | None
    exact_match: float | None
    f1: float | None
    not_found_auroc: float | None
    coverage_at_90: float | None
    calibration_error: float
    median_ms: float
    p95_ms: float
    present: Threshold
    suggested: Threshold | None


def ask_all(
    ask: Callable[[LabelledQuestion, int], Answer], questions: Iterable[LabelledQuestion]
) -> Iterator[EvaluatedAnswer]:
    """Ask each question, and evaluate the answer.

    Args:
        ask: answers a question, after the turns before it, with so many quotes at most.
    """
    for question in questions:
        yield evaluated(question, ask(question, QUOTES))


def evaluated(question: LabelledQuestion, answer: Answer) -> EvaluatedAnswer:
    first = answer.quotes[0] if answer.quotes else None
    span = first.answer if first else None
    says = [answer_in_quote(question.answers, quote.text) for quote in answer.quotes]
    known = [not question.articles.isdisjoint(_carriers(quote)) for quote in answer.quotes]
    return EvaluatedAnswer(
        question=question,
        answered=answer.answered,
        confidence=answer.confidence,
        rank=_first(says),
        article_rank=_first(known),
        quote=first.text if first else None,
        words=first.article.text[span.start : span.end] if first and span else None,
        article=first.article.id if first else None,
        milliseconds=answer.timings_ms.total,
    )


def compute_metrics(
    outcomes: Sequence[EvaluatedAnswer], min_confidence: float
) -> EvaluationMetrics:
    """Compute all metrics.

    Args:
        outcomes: of the questions, one at least.
        min_confidence: the threshold with which they were asked.
    """
    answerable = [each for each in outcomes if each.question.answers]
    others = [each for each in outcomes if not each.question.answers]
    ranks = [each.rank for each in answerable]
    article_ranks = [each.article_rank for each in answerable if each.question.articles]
    confidence = [each.confidence for each in outcomes]
    points = threshold_curve(outcomes)
    marked = [(each.question.answers, each.words) for each in answerable]
    took = [each.milliseconds for each in outcomes]
    return EvaluationMetrics(
        questions=len(outcomes),
        answerable=len(answerable),
        unanswerable=len(others),
        quote_at_1=_share_within(ranks, 1),
        quote_at_3=_share_within(ranks, 3),
        article_at_1=_share_within(article_ranks, 1),
        article_at_3=_share_within(article_ranks, 3),
        article_at_10=_share_within(article_ranks, QUOTES),
        exact_match=_mean(
            [exact_match(right, words) if words else False for right, words in marked]
        ),
        f1=_mean([f1(right, words) if words else 0.0 for right, words in marked]),
        not_found_auroc=auroc([e.confidence for e in answerable], [e.confidence for e in others])
        if answerable and others
        else None,
        coverage_at_90=answered_at_precision(points, TARGET_PRECISION) / len(outcomes)
        if answerable
        else None,
        calibration_error=expected_calibration_error(confidence, [each.right for each in outcomes]),
        median_ms=float(np.median(took)),
        p95_ms=float(np.percentile(took, 95)),
        present=_present(outcomes, min_confidence),
        suggested=_suggested(points, len(outcomes)),
    )


def threshold_curve(outcomes: Iterable[EvaluatedAnswer]) -> list[OperatingPoint]:
    """The operating point of each threshold; a question without any quote is answered at none."""
    given = [each for each in outcomes if each.quote is not None]
    return operating_points([each.confidence for each in given], [each.right for each in given])


def misses(outcomes: Iterable[EvaluatedAnswer]) -> list[EvaluatedAnswer]:
    """The misses, the surest first: wrong answers, then right ones withheld."""
    missed = [each for each in outcomes if each.missed]
    return sorted(missed, key=lambda each: (each.answered, each.confidence), reverse=True)


def _present(outcomes: Sequence[EvaluatedAnswer], min_confidence: float) -> Threshold:
    given = [each.right for each in outcomes if each.answered]
    return Threshold(min_confidence, len(given) / len(outcomes), _mean(given))


def _suggested(points: Sequence[OperatingPoint], questions: int) -> Threshold | None:
    best = best_operating_point(points)
    if best is None:
        return None
    return Threshold(best.threshold, best.answered / questions, best.precision)


def _carriers(quote: Quote) -> set[str]:
    return {quote.article.id, *quote.also_in}


def _first(wanted: Sequence[bool]) -> int | None:
    """The rank of the first that is True, counted from 1; None without one."""
    return wanted.index(True) + 1 if True in wanted else None


def _share_within(ranks: Sequence[int | None], limit: int) -> float | None:
    return _mean([rank is not None and rank <= limit for rank in ranks])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
