"""Talks about the seed article: does each turn get the right sentence first?"""

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

import pytest

from bot.settings import DEFAULTS
from retrieval.answering.answerer import Answerer
from retrieval.answering.conversation import Turn
from retrieval.evaluation.dataset import LabelledQuestion, read_questions
from retrieval.evaluation.metrics import answer_in_quote
from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from tests.support.articles import answerer_of

SEEDS = Path(__file__).parents[3] / "seeds"
TURNS = [
    each for each in read_questions(SEEDS / "talks.jsonl") if isinstance(each, LabelledQuestion)
]
TALKS = [[*turns] for _, turns in groupby(TURNS, lambda turn: str(turn.id).split(".")[0])]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything be read, however busy the machine is."""
    monkeypatch.setattr("retrieval.answering.answerer.READING_SECONDS", 60.0)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    """Quoth as it comes, with the seeds."""
    library = tmp_path_factory.mktemp("seeds") / "library"
    encoder = load_encoder()
    index([SEEDS], library, encoder, Reporter())
    least = float(DEFAULTS["QUOTH_MIN_CONFIDENCE"])
    with closing(answerer_of(library, encoder, least)) as opened:
        yield opened


def test_each_turn_has_those_before_it_in_its_history() -> None:
    assert len(TALKS) == 6
    assert [turn.text for turn in TALKS[0][:2]] == [
        "Where were the talks held?",
        "When did they start?",
    ]
    for talk in TALKS:
        assert len(talk) == 4
        before = [Turn(turn.text, turn.answers[0]) for turn in talk]
        assert [turn.history for turn in talk] == [tuple(before[:n]) for n in range(4)]


@pytest.mark.parametrize("talk", TALKS, ids=[talk[0].text for talk in TALKS])
def test_the_right_sentence_comes_first_at_every_turn(
    answerer: Answerer, talk: list[LabelledQuestion]
) -> None:
    """After what Quoth itself answered, and after what would have been right."""
    said: list[Turn] = []
    for turn in talk:
        answer = answerer.ask(turn.text, history=said)
        assert answer_in_quote(turn.answers, answer.quotes[0].text), turn.text
        said.append(answer.turn)
        answer = answerer.ask(turn.text, history=turn.history)
        assert answer_in_quote(turn.answers, answer.quotes[0].text), turn.text


def test_another_topic_is_answered_as_if_nothing_had_been_asked(answerer: Answerer) -> None:
    cheese = [Turn("Can cheese be made from soy milk?", "Yes, vegan cheese is.")]
    for turn in (talk[0] for talk in TALKS):
        alone, after = answerer.ask(turn.text), answerer.ask(turn.text, history=cheese)
        assert alone.understood is None
        assert after.understood and after.understood.standalone, turn.text
        assert (after.quotes, after.confidence) == (alone.quotes, alone.confidence)


def test_an_answer_is_looked_back_on_with_the_words_that_are_marked(answerer: Answerer) -> None:
    assert answerer.ask("Who brokered the talks?").turn == Turn("Who brokered the talks?", "Turkey")
    unknown = "who is the prime minister of Japan?"
    assert answerer.ask(unknown).turn == Turn(unknown, "")
