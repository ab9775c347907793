"""Ranks candidates, and says how likely the first one answers: the one place that does either.

The reader reads the candidates (``read_candidates``); ``rank_score`` weighs its output with the
search's score; ``best_first`` sorts; ``confidence_features`` and ``confidence`` look at the first
and at what comes after it. ``training/`` fits the weights with the same functions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from retrieval.answering.candidates import RankedCandidate, RerankCandidate
from retrieval.answering.conversation import ExpandedQuery
from retrieval.answering.question import is_question
from retrieval.answering.recency import Ranked, newest_first
from retrieval.answering.weights import (
    ConfidenceWeights,
    FittedWeights,
    UnreadWeights,
    fitted_weights,
)
from retrieval.documents.analyzer import Analyzer
from retrieval.models.reader import UNREAD, Reader, ReaderOutput

DEFAULT_COSINE = 0.5
"""Of a passage that still waits for its vector: a typical one."""

_CONTEXT_BOOST = 2.0
"""Of the search's score for a context-dependent question: the search knows the context, and the
reader reads the question as it was asked."""

_MAX_LEAD = 1.5
"""More says no more: of a question that only looks answerable one passage is far ahead too."""


@dataclass(frozen=True, slots=True)
class ConfidenceFeatures:
    """What the confidence is computed from.

    Attributes:
        relevance: the reader's, of the first candidate: a logit.
        lead: how far its rank score is ahead of the best candidate with another answer, at most
            ``_MAX_LEAD``.
        cosine: similarity of the question's vector and its own.
        coverage: see ``coverage``.
    """

    relevance: float
    lead: float
    cosine: float
    coverage: float

    @property
    def unread(self) -> bool:
        """Whether the reader did not read the first candidate."""
        return self.relevance <= UNREAD.relevance


def read_candidates(
    query: ExpandedQuery,
    candidates: Sequence[RerankCandidate],
    reader: Reader,
    deadline: float = math.inf,
) -> None:
    """Have the reader read candidates, and set the ``reading`` and ``score`` of each.

    Args:
        query: whose question is read. Where it is none, but words to look for, nothing is.
        candidates: in the search's order, in which they are read.
        deadline: by ``time.perf_counter``; those that it does not reach by then stay ``UNREAD``.
    """
    if is_question(query.question):
        passages = [(each.article.title, each.text) for each in candidates]
        readings = reader.read(query.question, passages, deadline)
        for each, reading in zip(candidates, readings, strict=False):
            each.reading = reading
    for each in candidates:
        inputs = rank_inputs(query, each.reading, each.candidate.score)
        each.score = rank_score(inputs)


def rank_inputs(
    query: ExpandedQuery, reading: ReaderOutput, search_score: float
) -> tuple[float, float, float]:
    """What ``OrderWeights`` weigh, in their order."""
    boost = _CONTEXT_BOOST if query.context_dependent else 1.0
    return reading.relevance, reading.margin, boost * search_score


def rank_score(inputs: tuple[float, float, float]) -> float:
    """The score that candidates of one question are ranked by.

    Args:
        inputs: see ``rank_inputs``.

    Returns:
        A logit, but for a constant that all candidates of a question have in common.
    """
    weights = fitted_weights().order
    relevance, margin, search = inputs
    return weights.relevance * relevance + weights.margin * margin + weights.search * search


def best_first(question: str, candidates: Sequence[Ranked]) -> list[Ranked]:
    """Candidates by their scores, those that are unread at the end; see ``newest_first`` too."""
    return newest_first(question, sorted(candidates, key=lambda each: -each.score))


def lead(ranked: Sequence[RankedCandidate]) -> float:
    """How far the first's score is ahead of the best one's with another answer; inf without."""
    first = ranked[0]
    others = (each.score for each in ranked if each.answer_key != first.answer_key)
    return first.score - max(others, default=-math.inf)


def coverage(analyzer: Analyzer, weights: Mapping[str, float], candidate: RerankCandidate) -> float:
    """The share of a question's terms in a passage or its title, weighted by rarity, 0 to 1.

    Args:
        weights: the question's terms with their rarity, see ``LibrarySearcher.weights``.
    """
    terms = analyzer.unique_terms(f"{candidate.article.title} {candidate.text}")
    return term_coverage(weights, terms)


def term_coverage(weights: Mapping[str, float], terms: Sequence[str]) -> float:
    """The share of weighted terms that are among others, by weight, from 0 to 1."""
    total = sum(weights.values())
    if not total:
        return 0.0
    there = set(terms)
    return sum(weight for term, weight in weights.items() if term in there) / total


def confidence_features(ranked: Sequence[RankedCandidate], covered: float) -> ConfidenceFeatures:
    """What the confidence in the first candidate is computed from.

    Args:
        ranked: best first, one at least.
        covered: the ``coverage`` of the first.
    """
    first = ranked[0]
    return ConfidenceFeatures(
        relevance=first.reading.relevance,
        lead=min(lead(ranked), _MAX_LEAD),
        cosine=DEFAULT_COSINE if first.cosine is None else first.cosine,
        coverage=covered,
    )


def confidence(
    features: ConfidenceFeatures, passages: int, weights: FittedWeights | None = None
) -> float:
    """The probability that the first candidate answers the question, by logistic regression.

    Args:
        passages: how many the library has. Between the sizes that the weights were fitted for,
            the logit is interpolated by the logarithm of the size.
        weights: by default those beside the reader.
    """
    weights = weights or fitted_weights()
    if features.unread:
        logit = _logit(weights.unread, features)
    else:
        large = log_interpolation(passages, weights.small.passages, weights.large.passages)
        small_logit, large_logit = (
            _logit(each, features) for each in (weights.small, weights.large)
        )
        logit = (1 - large) * small_logit + large * large_logit
    return 1 / (1 + math.exp(-logit))


def log_interpolation(passages: int, small: int, large: int) -> float:
    """Where a library's size is between two others on a logarithmic scale, from 0 to 1."""
    share = math.log(max(1, passages) / small) / math.log(large / small)
    return min(1.0, max(0.0, share))


def _logit(weights: ConfidenceWeights | UnreadWeights, features: ConfidenceFeatures) -> float:
    parts = (
        float(getattr(weights, field.name) * getattr(features, field.name))
        for field in fields(ConfidenceFeatures)
        if hasattr(weights, field.name)
    )
    return weights.intercept + sum(parts)
