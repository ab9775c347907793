"""What ``quoth eval`` measured, as JSON: one object that scripts rely on."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from retrieval.evaluation.evaluate import EvaluatedAnswer, EvaluationMetrics, Threshold


def figures_as_json(
    figures: EvaluationMetrics, missed: Sequence[EvaluatedAnswer]
) -> dict[str, Any]:
    return {
        **{key: _rounded(value) for key, value in asdict(figures).items()},
        "present": _threshold(figures.present),
        "suggested": figures.suggested and _threshold(figures.suggested),
        "misses": [_miss(each) for each in missed],
    }


def _threshold(threshold: Threshold) -> dict[str, Any]:
    return {
        "min_confidence": threshold.min_confidence,  # in full: it is to be set
        "share_answered": _rounded(threshold.share_answered),
        "share_right": _rounded(threshold.share_right),
    }


def _miss(missed: EvaluatedAnswer) -> dict[str, Any]:
    return {
        "id": missed.question.id,
        "question": missed.question.text,
        "answers": list(missed.question.answers),
        "answered": missed.answered,
        "confidence": _rounded(missed.confidence),
        "quote": missed.quote,
        "answer": missed.words,
        "article_id": missed.article,
    }


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
