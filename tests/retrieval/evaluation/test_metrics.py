"""How answers are scored, against scores worked out by hand or by brute force."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.evaluation.metrics import (
    OperatingPoint,
    answer_in_quote,
    answered_at_precision,
    auroc,
    best_operating_point,
    exact_match,
    expected_calibration_error,
    f1,
    normalise_answer,
    operating_points,
)

SURE = st.floats(0, 1) | st.sampled_from([0.0, 0.25, 0.5, 1.0])  # ties are the hard part
SCORED = st.lists(st.tuples(SURE, st.booleans()), min_size=1, max_size=40)
Scored = list[tuple[float, bool]]


def of(scored: Scored) -> tuple[list[float], list[bool]]:
    """What the functions take: how sure each was, and whether each was right."""
    return [sure for sure, _ in scored], [right for _, right in scored]


def points(scored: Scored) -> list[OperatingPoint]:
    return operating_points(*of(scored))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Dolmabahce office.", "dolmabahce office"),
        ("  An   apple,\ta day \n", "apple day"),
        ("U.S.-led", "usled"),
        ("A", ""),
        ("$3.2 million", "32 million"),
        ("theatre", "theatre"),
        ("ÀÉÎ — Straße", "àéî — straße"),
    ],
)
def test_the_normal_form(text: str, normal: str) -> None:
    assert normalise_answer(text) == normal


@given(st.text() | st.text(alphabet="aAnNtThHeE. ,-'\n"))
def test_the_normal_form_has_itself_for_its_normal_form(text: str) -> None:
    normal = normalise_answer(text)
    assert normalise_answer(normal) == normal
    assert not set(normal) & set(string.punctuation)
    assert not {"a", "an", "the", ""} & {*normal.split(" ")} or normal == ""


@pytest.mark.parametrize(
    ("answers", "quote", "there"),
    [
        (["Istanbul"], "The talks in Istanbul, again.", True),
        (["Paris", "istanbul"], "ISTANBUL!", True),
        (["Ist"], "Istanbul", False),
        (["the office"], "an office of the state", True),
        (["office state"], "an office of the state", False),
        (["Istanbul"], "", False),
        ([], "Istanbul", False),
        (["the"], "the end", False),
    ],
)
def test_an_answer_stands_in_a_quote_as_whole_words(
    answers: list[str], quote: str, there: bool
) -> None:
    assert answer_in_quote(answers, quote) is there


@pytest.mark.parametrize(
    ("answers", "given_words", "exact", "overlap"),
    [
        (["Dolmabahce office"], "the Dolmabahce office.", True, 1.0),
        (["Dolmabahce office"], "presidential Dolmabahce office", False, 0.8),
        (["Turkey", "in Turkey"], "in Turkey", True, 1.0),
        (["Turkey"], "Russia", False, 0.0),
        (["far far away"], "far away", False, 0.8),
        (["far away"], "far far far away", False, 2 / 3),
        (["the"], "a", True, 1.0),
        (["the"], "office", False, 0.0),
        ([], "office", False, 0.0),
    ],
)
def test_words_given_against_the_accepted(
    answers: list[str], given_words: str, exact: bool, overlap: float
) -> None:
    assert exact_match(answers, given_words) is exact
    assert f1(answers, given_words) == pytest.approx(overlap)


@given(st.lists(st.text(alphabet="ab c."), max_size=4), st.text(alphabet="ab c."))
def test_the_overlap_is_a_share_and_whole_where_the_match_is_exact(
    answers: list[str], words: str
) -> None:
    assert 0 <= f1(answers, words) <= 1
    if exact_match(answers, words):
        assert f1(answers, words) == 1


@given(st.lists(SURE, min_size=1, max_size=30), st.lists(SURE, min_size=1, max_size=30))
def test_the_area_is_the_share_of_pairs_in_order(above: list[float], below: list[float]) -> None:
    pairs = [(a > b) + (a == b) / 2 for a in above for b in below]
    assert auroc(above, below) == pytest.approx(sum(pairs) / len(pairs))
    assert auroc(above, below) + auroc(below, above) == pytest.approx(1)


def test_the_calibration_error_of_bins_worked_out_by_hand() -> None:
    assert expected_calibration_error([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(
        (8 * 0.2 + 2 * 0.8) / 10
    ), "ten answers are ten bins"
    assert expected_calibration_error(
        [0.8] * 100, ([True] * 8 + [False] * 2) * 10
    ) == pytest.approx(0)
    twenty = [n / 20 for n in range(20)]
    halves = [sum(pair) / 2 for pair in zip(twenty[::2], twenty[1::2], strict=True)]
    expected = sum(abs(sure - 0.5) for sure in halves) / 10
    assert expected_calibration_error(twenty, [False, True] * 10) == pytest.approx(expected)
    assert expected_calibration_error([0.3], [False]) == pytest.approx(0.3)


@given(SCORED)
def test_the_calibration_error_is_between_the_gap_of_all_and_that_of_each(scored: Scored) -> None:
    error = expected_calibration_error(*of(scored))
    assert abs(sum(sure - right for sure, right in scored)) / len(scored) <= error + 1e-9
    assert error <= sum(abs(sure - right) for sure, right in scored) / len(scored) + 1e-9


@given(SCORED)
def test_each_point_is_what_its_threshold_does(scored: Scored) -> None:
    found = points(scored)
    assert [p.threshold for p in found] == sorted({sure for sure, _ in scored}, reverse=True)
    for point in found:
        given_ones = [right for sure, right in scored if sure >= point.threshold]
        assert (point.answered, point.right) == (len(given_ones), sum(given_ones))


@given(SCORED, SURE, SURE)
def test_the_more_have_to_be_right_the_fewer_can_be_answered(
    scored: Scored, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    found = points(scored)
    assert (
        len(scored) >= answered_at_precision(found, low) >= answered_at_precision(found, high) >= 0
    )
    assert answered_at_precision(found, 0) == len(scored)


@given(SCORED, SURE)
def test_as_many_are_answered_as_any_threshold_allows(scored: Scored, precision: float) -> None:
    allowed = [0]
    for threshold, _ in scored:
        rights = [right for sure, right in scored if sure >= threshold]
        if sum(rights) / len(rights) >= precision:
            allowed.append(len(rights))
    assert answered_at_precision(points(scored), precision) == max(allowed)


def test_nine_in_ten_right_is_enough_and_ties_are_answered_together() -> None:
    nine_in_ten = [(0.9, True)] * 9 + [(0.9, False)]
    assert answered_at_precision(points(nine_in_ten), 0.9) == 10
    assert answered_at_precision(points([*nine_in_ten, (0.5, False)]), 0.9) == 10
    assert answered_at_precision(points([*nine_in_ten, (0.9, False)]), 0.9) == 0
    assert answered_at_precision(points([(0.9, False)] + [(0.5, True)] * 9), 0.9) == 10, (
        "a bad start mends"
    )
    assert answered_at_precision([], 0.9) == 0


@given(SCORED)
def test_what_is_suggested_is_the_best_of_all_thresholds(scored: Scored) -> None:
    def net(threshold: float) -> int:
        return sum(1 if right else -1 for sure, right in scored if sure >= threshold)

    best = best_operating_point(points(scored))
    most = max(net(sure) for sure, _ in scored)
    if best is None:
        assert most <= 0
        return
    assert net(best.threshold) == 2 * best.right - best.answered == most > 0
    assert sum(sure >= best.threshold for sure, _ in scored) == best.answered
    for sure, _ in scored:
        if net(sure) == most:
            assert sum(other >= sure for other, _ in scored) >= best.answered, "fewer are wrong"


@pytest.mark.parametrize(
    ("scored", "threshold"),
    [
        ([(0.9123, True), (0.4371, True), (0.3112, False)], 0.43),
        ([(0.9, True), (0.4371, True), (0.4351, False)], 0.437),
        ([(0.9, True), (0.5, True)], 0.5),
        ([(0.004, True)], 0.004),
        ([(0.9, True), (0.5, False), (0.3, True)], 0.9),
        ([(0.9, False), (0.5, True)], None),
        ([(0.0, True)], 0.0),
        ([], None),
    ],
)
def test_a_suggestion_has_as_few_digits_as_will_do(scored: Scored, threshold: float | None) -> None:
    best = best_operating_point(points(scored))
    assert (best and best.threshold) == threshold
