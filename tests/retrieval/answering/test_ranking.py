"""How readings become an order and a probability, whatever the weights are."""

import json
import math
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answering.candidates import RerankCandidate
from retrieval.answering.conversation import ExpandedQuery
from retrieval.answering.ranking import (
    DEFAULT_COSINE,
    ConfidenceFeatures,
    confidence,
    confidence_features,
    lead,
    rank_inputs,
    rank_score,
    term_coverage,
)
from retrieval.answering.weights import fitted_weights
from retrieval.documents.article import Span
from retrieval.library.fusion import Candidate
from retrieval.library.records import PassageRow
from retrieval.models.reader import UNREAD, ReaderOutput
from retrieval.models.reader.model import MODEL_FOLDER
from tests.support.articles import article

LOGIT = st.floats(-8, 8)
READINGS = st.builds(ReaderOutput, LOGIT, LOGIT, st.none())
SHARE = st.floats(0, 1)
FEATURES = st.builds(ConfidenceFeatures, LOGIT, st.floats(-2, 5), SHARE, SHARE)
PASSAGES = st.integers(0, 10_000_000)
WORDS = st.dictionaries(st.text("abc", max_size=2), st.floats(0, 10), max_size=6)
STANDALONE = ExpandedQuery("Who?")
FOLLOW_UP = ExpandedQuery("Who?", ("river",), {"river": 0.2}, (("Where is the river?", 0.5),))


def score(reading: ReaderOutput, search: float, query: ExpandedQuery = STANDALONE) -> float:
    return rank_score(rank_inputs(query, reading, search))


def candidate(
    reading: ReaderOutput, score: float = 0.0, cosine: float | None = None, text: str = "Words."
) -> RerankCandidate:
    """A candidate whose answer, where the reader marked none, is its text."""
    row = PassageRow(1, 1, 1, 0, len(text))
    return RerankCandidate(
        Candidate(row, 0.0, cosine), article("a", text), reading=reading, score=score
    )


def features_of(
    reading: ReaderOutput, ahead: float, cosine: float | None, covered: float
) -> ConfidenceFeatures:
    """Of a first candidate that is so far ahead of the next."""
    ranked = [candidate(reading, ahead, cosine), candidate(UNREAD, 0.0, text="Others.")]
    return confidence_features(ranked if math.isfinite(ahead) else ranked[:1], covered)


def test_the_weights_are_those_of_the_file() -> None:
    stored = json.loads((MODEL_FOLDER / "weights.json").read_text(encoding="utf-8"))
    assert asdict(fitted_weights()) == stored
    assert all(math.isfinite(number) for part in stored.values() for number in part.values())
    for part in ("small", "large"):
        wanted = {"passages", "intercept", *(field.name for field in fields(ConfidenceFeatures))}
        assert set(stored[part]) == wanted
    assert 0 < stored["small"]["passages"] < stored["large"]["passages"]


@given(FEATURES, PASSAGES)
def test_a_probability_is_one(features: ConfidenceFeatures, passages: int) -> None:
    assert 0 < confidence(features, passages) < 1


@given(FEATURES, LOGIT, PASSAGES)
def test_the_better_it_reads_the_surer(
    features: ConfidenceFeatures, relevance: float, passages: int
) -> None:
    other = replace(features, relevance=relevance)
    if abs(relevance - features.relevance) > 0.01:
        surer = confidence(other, passages) > confidence(features, passages)
        assert surer == (relevance > features.relevance)


@given(FEATURES)
def test_the_odds_are_the_weighted_sum(features: ConfidenceFeatures) -> None:
    logits = []
    for fit in (fitted_weights().small, fitted_weights().large):
        weights = asdict(fit)
        logit = weights["intercept"] + sum(
            weights[k] * value for k, value in asdict(features).items()
        )
        assert confidence(features, fit.passages) == pytest.approx(1 / (1 + math.exp(-logit)))
        logits.append(logit)
    # Half-way between the sizes, as logarithms count, it is half-way between the logits.
    middle = round(math.sqrt(fitted_weights().small.passages * fitted_weights().large.passages))
    between = 1 / (1 + math.exp(-sum(logits) / 2))
    assert confidence(features, middle) == pytest.approx(between, abs=1e-3)


@given(FEATURES)
def test_beyond_the_sizes_that_were_measured_nothing_changes(features: ConfidenceFeatures) -> None:
    assert confidence(features, 0) == confidence(features, fitted_weights().small.passages)
    assert confidence(features, 10**9) == confidence(features, fitted_weights().large.passages)


@given(st.floats(-2, 20), SHARE, SHARE, SHARE)
def test_of_what_was_not_read_only_the_search_speaks(
    ahead: float, cosine: float, covered: float, more: float
) -> None:
    sure = confidence(features_of(UNREAD, ahead, cosine, covered), 1000)
    assert 0 < sure < 1
    assert sure == confidence(features_of(UNREAD, 0.0, cosine, covered), 1)
    if more > covered + 0.01:
        assert confidence(features_of(UNREAD, ahead, cosine, more), 1000) > sure


@given(READINGS, READINGS, LOGIT)
def test_the_order_is_by_the_weighted_sum(
    one: ReaderOutput, other: ReaderOutput, search: float
) -> None:
    weights = fitted_weights().order
    gained = weights.relevance * (one.relevance - other.relevance)
    gained += weights.margin * (one.margin - other.margin)
    assert score(one, search) - score(other, search) == pytest.approx(gained, abs=1e-9)
    assert score(one, search + 1) - score(one, search) == pytest.approx(weights.search)
    assert weights.relevance > 0 and weights.search > 0


@given(READINGS, LOGIT)
def test_the_search_counts_more_where_the_question_depends_on_its_context(
    reading: ReaderOutput, search: float
) -> None:
    gained = score(reading, search + 1, FOLLOW_UP) - score(reading, search, FOLLOW_UP)
    assert gained > 1.5 * fitted_weights().order.search


@given(READINGS, LOGIT)
def test_what_was_not_read_comes_after_what_was(reading: ReaderOutput, search: float) -> None:
    assert score(UNREAD, search) < score(reading, search)


@given(READINGS, st.floats(-2, 20), SHARE)
def test_a_passage_that_waits_for_its_vector_counts_as_typical(
    reading: ReaderOutput, ahead: float, covered: float
) -> None:
    missing = features_of(reading, ahead, None, covered)
    assert missing == features_of(reading, ahead, DEFAULT_COSINE, covered)
    assert missing != features_of(reading, ahead, 0.0, covered)


def test_the_features_hold_what_they_are_given_and_no_endless_lead() -> None:
    reading = ReaderOutput(1.5, -2.5, None)
    assert features_of(reading, -1.0, 0.0, 0.25) == ConfidenceFeatures(1.5, -1.0, 0.0, 0.25)
    unrivalled, far_ahead = (features_of(reading, each, 0.5, 0.5) for each in (math.inf, 100.0))
    assert unrivalled == far_ahead
    assert math.isfinite(unrivalled.lead) and unrivalled.lead > 1


def test_the_lead_is_over_the_best_with_another_answer() -> None:
    reading = ReaderOutput(1.0, 1.0, Span(0, 5))
    first, same, other, last = (
        candidate(reading, score, text=text)
        for score, text in ((3.0, "River it is."), (2.5, "RIVER"), (2.0, "Water"), (1.0, "Banks"))
    )
    assert lead([first, same, other, last]) == 1.0
    assert lead([same, first, other, last]) == 0.5
    assert lead([last, other, first]) == -2.0, "a newer answer that was put first"
    assert lead([first, same]) == lead([first]) == math.inf


@given(WORDS, st.lists(st.text("abc", max_size=2)))
def test_coverage_is_a_share(weights: dict[str, float], words: list[str]) -> None:
    covered = term_coverage(weights, words)
    assert 0 <= covered <= 1
    assert term_coverage(weights, [*words, *words]) == covered
    for word in weights:
        assert term_coverage(weights, [*words, word]) >= covered
    if sum(weights.values()):
        assert term_coverage(weights, [*words, *weights]) == 1


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
    assert term_coverage(weights, words) == covered
