"""What is measured of the answers to questions whose answers are known."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.documents.article import Span
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.evaluate import (
    QUOTES,
    EvaluatedAnswer,
    EvaluationMetrics,
    ask_all,
    compute_metrics,
    evaluated,
    misses,
    threshold_curve,
)
from retrieval.library.records import LibraryState
from tests.support.articles import article

WHERE = LabelledQuestion("Where?", ("Istanbul", "in Istanbul"), frozenset({"talks"}))
UNKNOWN = LabelledQuestion("Who?")


def quote(text: str, about: str = "talks", words: str = "", also_in: Sequence[str] = ()) -> Quote:
    """A quote with these words marked in it."""
    start = text.index(words)
    span = Span(start, start + len(words)) if words else None
    return Quote(article(about, text), 0, len(text), 1, 0.5, span, tuple(also_in))


def answer(*quotes: Quote, sure: float = 0.5, least: float = 0.25, took: float = 8.0) -> Answer:
    return Answer(
        question="?",
        answered=bool(quotes) and sure >= least,
        confidence=sure,
        quotes=quotes,
        library=LibraryState(1, 1, 1),
        timings_ms=Timings(1, 1, 1, took),
    )


WRONG = quote("The river rose.", "river")
RIGHT = quote("They met in Istanbul.", words="in Istanbul")


def got(question: LabelledQuestion, *quotes: Quote, **about: float) -> EvaluatedAnswer:
    return evaluated(question, answer(*quotes, **about))


def figures(*outcomes: EvaluatedAnswer) -> dict[str, Any]:
    return dataclasses.asdict(compute_metrics(outcomes, 0.25))


def test_an_answer_is_held_against_what_is_accepted() -> None:
    found = got(WHERE, RIGHT, WRONG, sure=0.7, took=12.5)
    assert found == EvaluatedAnswer(
        question=WHERE, answered=True, confidence=0.7, rank=1, article_rank=1,
        quote="They met in Istanbul.", words="in Istanbul", article="talks", milliseconds=12.5,
    )  # fmt: skip
    assert (found.right, found.missed) == (True, False)
    late = got(WHERE, WRONG, WRONG, RIGHT)
    assert (late.rank, late.article_rank, late.right, late.missed) == (3, 3, False, True)
    assert (late.quote, late.words, late.article) == ("The river rose.", None, "river")
    nothing = got(WHERE, sure=0.0)
    assert (nothing.rank, nothing.quote, nothing.article) == (None, None, None)


def test_an_article_that_carries_the_same_words_counts_as_the_quote_s() -> None:
    copied = quote("They met in Istanbul.", "copy", also_in=["other", "talks"])
    assert got(WHERE, WRONG, copied).article_rank == 2


def test_a_miss_is_a_wrong_answer_or_one_withheld() -> None:
    assert got(UNKNOWN, RIGHT).missed
    assert not got(UNKNOWN, RIGHT, sure=0.1).missed
    assert got(WHERE, RIGHT, sure=0.1).missed
    assert got(WHERE, WRONG, sure=0.1).missed
    assert got(WHERE).missed
    assert not got(WHERE, RIGHT).missed


def test_the_surest_misses_come_first_and_those_withheld_after_them() -> None:
    unsure, sure = got(WHERE, WRONG, sure=0.3), got(UNKNOWN, RIGHT, sure=0.9)
    withheld, good = got(WHERE, RIGHT, sure=0.2), got(WHERE, RIGHT, sure=1.0)
    assert misses([good, withheld, unsure, sure]) == [sure, unsure, withheld]


def test_each_is_asked_once_in_order_for_as_many_quotes_as_are_measured() -> None:
    asked = []

    def ask(question: LabelledQuestion, top: int) -> Answer:
        asked.append((question, top))
        return answer(RIGHT)

    assert [each.question for each in ask_all(ask, [WHERE, UNKNOWN])] == [WHERE, UNKNOWN]
    assert asked == [(WHERE, QUOTES), (UNKNOWN, QUOTES)]


def test_every_figure_worked_out_by_hand() -> None:
    elsewhere = LabelledQuestion("Where?", ("Istanbul",))  # whose articles are not known
    found = figures(
        got(WHERE, RIGHT, sure=0.9, took=10),
        got(WHERE, WRONG, RIGHT, sure=0.6, took=20),
        got(WHERE, *[WRONG] * 9, RIGHT, sure=0.2, took=30),
        got(elsewhere, quote("It is Istanbul.", "x", "It is Istanbul"), sure=0.8, took=40),
        got(UNKNOWN, RIGHT, sure=0.7, took=50),
    )
    expected = {
        "questions": 5,
        "answerable": 4,
        "unanswerable": 1,
        "quote_at_1": 2 / 4,
        "quote_at_3": 3 / 4,
        "article_at_1": 1 / 3,
        "article_at_3": 2 / 3,
        "article_at_10": 3 / 3,
        "exact_match": 1 / 4,  # "in Istanbul"; two have no words marked
        "f1": (1 + 2 * (1 / 3 * 1) / (1 / 3 + 1)) / 4,
        "not_found_auroc": 2 / 4,
        "coverage_at_90": 2 / 5,
        "calibration_error": (0.1 + 0.6 + 0.2 + 0.2 + 0.7) / 5,
        "median_ms": 30,
        "p95_ms": 48,
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected)
    assert found["present"] == pytest.approx(
        {"min_confidence": 0.25, "share_answered": 4 / 5, "share_right": 2 / 4}
    )
    assert found["suggested"] == pytest.approx(
        {"min_confidence": 0.8, "share_answered": 2 / 5, "share_right": 1}
    )
    assert [*found] == [*EvaluationMetrics.__slots__]


def test_what_the_questions_cannot_tell_is_none() -> None:
    found = figures(got(UNKNOWN, RIGHT, sure=0.6), got(UNKNOWN, sure=0.0))
    unknown = {key for key, value in found.items() if value is None}
    assert unknown == {
        "quote_at_1", "quote_at_3", "article_at_1", "article_at_3", "article_at_10",
        "exact_match", "f1", "not_found_auroc", "coverage_at_90", "suggested",
    }  # fmt: skip
    assert found["calibration_error"] == pytest.approx(0.3)
    assert found["present"] == {"min_confidence": 0.25, "share_answered": 0.5, "share_right": 0}

    found = figures(got(dataclasses.replace(WHERE, articles=frozenset()), WRONG, sure=0.1))
    unknown = {key for key, value in found.items() if value is None}
    assert unknown == {
        "article_at_1", "article_at_3", "article_at_10", "not_found_auroc", "suggested",
    }  # fmt: skip
    assert (found["quote_at_1"], found["coverage_at_90"]) == (0, 0)
    assert found["present"] == {"min_confidence": 0.25, "share_answered": 0, "share_right": None}


def test_words_that_are_not_marked_match_nothing() -> None:
    odd = LabelledQuestion("Which word?", ("the", "word"))
    found = figures(got(odd, quote("The word.")))
    assert (found["exact_match"], found["f1"], found["quote_at_1"]) == (0, 0, 1)


def test_no_threshold_answers_where_there_is_no_quote() -> None:
    found = [got(WHERE, sure=0.0), got(WHERE, RIGHT, sure=0.3)]
    assert [(point.threshold, point.answered) for point in threshold_curve(found)] == [(0.3, 1)]
    assert figures(*found)["coverage_at_90"] == 1 / 2
