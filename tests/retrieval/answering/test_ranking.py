"""How what was seen of a passage becomes an order and a probability, whatever the weights are."""

import json
import math
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answering.ranking import (
    TYPICAL_COSINE,
    Evidence,
    coverage,
    evidence,
    fitted,
    order,
    probability,
)
from retrieval.models.reader import UNREAD, ReaderOutput
from retrieval.models.reader.model import MODEL

LOGIT = st.floats(-8, 8)
READINGS = st.builds(ReaderOutput, LOGIT, LOGIT, st.none())
SHARE = st.floats(0, 1)
SEEN = st.builds(Evidence, LOGIT, st.floats(-2, 5), SHARE, SHARE)
PASSAGES = st.integers(0, 10_000_000)
WORDS = st.dictionaries(st.text("abc", max_size=2), st.floats(0, 10), max_size=6)


def test_the_weights_are_those_of_the_file() -> None:
    stored = json.loads((MODEL / "weights.json").read_text(encoding="utf-8"))
    assert asdict(fitted()) == stored
    assert all(math.isfinite(number) for part in stored.values() for number in part.values())
    for part in ("small", "large"):
        wanted = {"passages", "intercept", *(field.name for field in fields(Evidence))}
        assert set(stored[part]) == wanted
    assert 0 < stored["small"]["passages"] < stored["large"]["passages"]


@given(SEEN, PASSAGES)
def test_a_probability_is_one(seen: Evidence, passages: int) -> None:
    assert 0 < probability(seen, passages) < 1


@given(SEEN, LOGIT, PASSAGES)
def test_the_better_it_reads_the_surer(seen: Evidence, relevance: float, passages: int) -> None:
    other = replace(seen, relevance=relevance)
    if abs(relevance - seen.relevance) > 0.01:
        surer = probability(other, passages) > probability(seen, passages)
        assert surer == (relevance > seen.relevance)


@given(SEEN)
def test_the_odds_are_the_weighted_sum(seen: Evidence) -> None:
    logits = []
    for fit in (fitted().small, fitted().large):
        weights = asdict(fit)
        logit = weights["intercept"] + sum(weights[k] * value for k, value in asdict(seen).items())
        assert probability(seen, fit.passages) == pytest.approx(1 / (1 + math.exp(-logit)))
        logits.append(logit)
    # Half-way between the sizes, as logarithms count, it is half-way between the logits.
    middle = round(math.sqrt(fitted().small.passages * fitted().large.passages))
    between = 1 / (1 + math.exp(-sum(logits) / 2))
    assert probability(seen, middle) == pytest.approx(between, abs=1e-3)


@given(SEEN)
def test_beyond_the_sizes_that_were_measured_nothing_changes(seen: Evidence) -> None:
    assert probability(seen, 0) == probability(seen, fitted().small.passages)
    assert probability(seen, 10**9) == probability(seen, fitted().large.passages)


@given(st.floats(-2, 20), SHARE, SHARE, SHARE)
def test_of_what_was_not_read_only_the_search_speaks(
    lead: float, cosine: float, covered: float, more: float
) -> None:
    sure = probability(evidence(UNREAD, lead, cosine, covered), 1000)
    assert 0 < sure < 1
    assert sure == probability(evidence(UNREAD, 0.0, cosine, covered), 1)
    if more > covered + 0.01:
        assert probability(evidence(UNREAD, lead, cosine, more), 1000) > sure


@given(READINGS, READINGS, LOGIT)
def test_the_order_is_by_the_weighted_sum(
    one: ReaderOutput, other: ReaderOutput, search: float
) -> None:
    weights = fitted().order
    gained = weights.relevance * (one.relevance - other.relevance)
    gained += weights.margin * (one.margin - other.margin)
    assert order(one, search) - order(other, search) == pytest.approx(gained, abs=1e-9)
    assert order(one, search + 1) - order(one, search) == pytest.approx(weights.search)
    assert weights.relevance > 0 and weights.search > 0


@given(READINGS, LOGIT)
def test_the_search_counts_more_where_the_question_leans(
    reading: ReaderOutput, search: float
) -> None:
    gained = order(reading, search + 1, leans=True) - order(reading, search, leans=True)
    assert gained > 1.5 * fitted().order.search


@given(READINGS, LOGIT)
def test_what_was_not_read_comes_after_what_was(reading: ReaderOutput, search: float) -> None:
    assert order(UNREAD, search) < order(reading, search)


@given(READINGS, st.floats(-2, 20), SHARE)
def test_a_passage_that_waits_for_its_vector_counts_as_typical(
    reading: ReaderOutput, lead: float, covered: float
) -> None:
    missing = evidence(reading, lead, None, covered)
    assert missing == evidence(reading, lead, TYPICAL_COSINE, covered)
    assert missing != evidence(reading, lead, 0.0, covered)


def test_evidence_holds_what_it_is_given_and_no_endless_lead() -> None:
    reading = ReaderOutput(1.5, -2.5, None)
    assert evidence(reading, -1.0, 0.0, 0.25) == Evidence(1.5, -1.0, 0.0, 0.25)
    alone, ahead = (evidence(reading, lead, 0.5, 0.5) for lead in (math.inf, 100.0))
    assert alone == ahead
    assert math.isfinite(alone.lead) and alone.lead > 1


@given(WORDS, st.lists(st.text("abc", max_size=2)))
def test_coverage_is_a_share(weights: dict[str, float], words: list[str]) -> None:
    covered = coverage(weights, words)
    assert 0 <= covered <= 1
    assert coverage(weights, [*words, *words]) == covered
    for word in weights:
        assert coverage(weights, [*words, word]) >= covered
    if sum(weights.values()):
        assert coverage(weights, [*words, *weights]) == 1


@pytest.mark.parametrize(
    ("weights", "words", "covered"),
    [
        ({"river": 3.0, "rose": 1.0}, ["river", "a"], 0.75),
        ({"river": 3.0, "rose": 1.0}, ["rose"], 0.25),
        ({"river": 3.0}, ["rose"], 0),
        ({"river": 3.0}, [], 0),
        ({"river": 0.0}, ["river"], 0),
        ({}, ["river"], 0),
    ],
)
def test_coverage_by_hand(weights: dict[str, float], words: list[str], covered: float) -> None:
    assert coverage(weights, words) == covered
