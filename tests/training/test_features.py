"""The features that the weights are fitted to are those that the answerer computes."""

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, astuple
from pathlib import Path

import numpy as np
import pytest

from retrieval.answering import answerer as answerer_module
from retrieval.answering import candidates
from retrieval.answering.answerer import Answerer
from retrieval.answering.candidates import RERANK_DEPTH, RankedCandidate
from retrieval.answering.ranking import ConfidenceFeatures, best_first, confidence_features
from retrieval.answering.weights import fitted_weights
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.library import open as open_library
from retrieval.models.reader import UNREAD, Reader, ReaderOutput
from tests.support.articles import article, build
from tests.support.encoders import ScatteredEncoder
from training.calibrate import first_features, fit
from training.calibration_data import RankedQuestion
from training.features import Column, Rows, candidate_rows, stored_candidates

NAMES = ["Anna", "Boris", "Carla", "Dmitri", "Edgars"]
# Every passage is in two articles, and of different ones there are more than the reader reads.
ARTICLES = [
    article(
        f"{n}-{copy}",
        f"In district {n}, said the river authority of Riga, {NAMES[n % 5]} is the mayor.",
        title="The mayor of the district" if copy else "The river",
        date=f"20{10 + n % 15}-05-01" if n != 50 else None,
    )
    for n in range(RERANK_DEPTH + 15)
    for copy in range(2)
]
PRESENT = "Who is the mayor of the district now?"
KEYWORDS = "mayor Riga district"
QUESTIONS = [PRESENT, "Who was the mayor?", "  Which authority spoke of district 44? ", KEYWORDS]
ORDER = np.array(astuple(fitted_weights().order))


class RecordingReader(Reader):
    """The trained reader, which remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.passages: list[tuple[str, str]] = []

    def read(
        self, question: str, passages: Sequence[tuple[str, str]], deadline: float
    ) -> list[ReaderOutput]:
        """Read, and remember the passages."""
        self.passages = [*passages]
        return super().read(question, passages, deadline)


class Answered:
    """What the answerer ranked for the last question, and the features of the first of it."""

    ranked: Sequence[RankedCandidate] = ()
    features: ConfidenceFeatures

    def confidence_features(
        self, ranked: Sequence[RankedCandidate], covered: float
    ) -> ConfidenceFeatures:
        """Compute them, and remember."""
        self.ranked = ranked
        self.features = confidence_features(ranked, covered)
        return self.features


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("features") / "library"
    return build(path, ScatteredEncoder(), ARTICLES)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Answered:
    found = Answered()
    monkeypatch.setattr(answerer_module, "confidence_features", found.confidence_features)
    monkeypatch.setattr(answerer_module, "READING_SECONDS", math.inf)
    return found


def rows_of(library: Path, question: str, reader: Reader) -> Rows:
    encoder = ScatteredEncoder()
    labelled = LabelledQuestion(question, ("Anna",), frozenset({"0-0"}))
    with closing(open_library(library).searcher(encoder)) as opened:
        return candidate_rows(opened, encoder, reader, labelled)


def equal_answers(ranked: Sequence[RankedCandidate]) -> list[int]:
    """Of each candidate the place of the first with the same answer."""
    keys = [each.answer_key for each in ranked]
    return [keys.index(key) for key in keys]


@pytest.mark.parametrize("depth", [RERANK_DEPTH, 7])
@pytest.mark.parametrize("question", QUESTIONS)
def test_training_sees_what_the_answerer_sees(
    library: Path, answered: Answered, monkeypatch: pytest.MonkeyPatch, question: str, depth: int
) -> None:
    monkeypatch.setattr(candidates, "RERANK_DEPTH", depth)
    asked, trained = RecordingReader(), RecordingReader()
    with closing(Answerer(library, ScatteredEncoder(), asked, 0.0)) as answerer:
        answerer.ask(question)
    rows = rows_of(library, question, trained)
    assert trained.passages == asked.passages
    assert len(asked.passages) == (0 if question == KEYWORDS else depth)

    ranked = best_first(question, stored_candidates(rows, ORDER))
    assert len(ranked) == depth
    assert [(each.date, each.cosine is None) for each in ranked] == [
        (each.date, each.cosine is None) for each in answered.ranked
    ]
    assert [each.score for each in ranked] == pytest.approx(
        [each.score for each in answered.ranked], abs=1e-4
    )
    assert equal_answers(ranked) == equal_answers(answered.ranked)
    features, _ = first_features(question, rows, ORDER)
    assert astuple(features) == pytest.approx(astuple(answered.features), abs=1e-4)
    assert features.unread == (question == KEYWORDS)


def test_a_newer_answer_is_first_in_training_too(library: Path) -> None:
    ranked = best_first(PRESENT, stored_candidates(rows_of(library, PRESENT, Reader()), ORDER))
    assert len({each.answer_key for each in ranked}) < len(ranked)
    best = max(ranked, key=lambda each: each.score)
    assert best.date and ranked[0].date
    assert ranked[0].date > best.date


def test_the_labels_say_which_quotes_and_articles_are_right(library: Path) -> None:
    rows = rows_of(library, "Who was the mayor of district 0?", Reader())
    assert 0 < rows[:, Column.RIGHT_QUOTE].sum() < len(rows)
    assert rows[:, Column.RIGHT_ARTICLE].sum() == 1
    right = stored_candidates(rows, ORDER)
    assert [each.right for each in right] == (rows[:, Column.RIGHT_QUOTE] == 1).tolist()


def test_without_the_reader_only_the_search_speaks(library: Path) -> None:
    rows = rows_of(library, "Who was the mayor?", Reader())
    found = stored_candidates(rows, np.array([0.0, 0.0, 1.0]), unread=True)
    assert {each.reading for each in found} == {UNREAD}
    assert [each.score for each in found] == rows[:, Column.SEARCH].tolist()
    features, _ = first_features("Who was the mayor?", rows, ORDER, unread=True)
    assert features.unread


def test_what_is_fitted_is_what_is_stored(library: Path) -> None:
    questions = [RankedQuestion(each, rows_of(library, each, Reader())) for each in QUESTIONS]
    found = asdict(fit([questions, questions[::2]], [1000, 500]))
    stored = asdict(fitted_weights())
    assert {part: [*names] for part, names in found.items()} == {
        part: [*names] for part, names in stored.items()
    }
    assert (found["small"]["passages"], found["large"]["passages"]) == (500, 1000)
    assert all(math.isfinite(value) for part in found.values() for value in part.values())
