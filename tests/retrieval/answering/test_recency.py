"""Questions about the present, and the newest of the answers that differ."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answering.candidates import RerankCandidate
from retrieval.answering.recency import asks_about_the_present, newest_first
from retrieval.documents.article import Article, Span
from retrieval.library.fusion import Candidate
from retrieval.library.records import PassageRow
from retrieval.models.reader import ReaderOutput
from tests.support.articles import answerer_of, article, build
from tests.support.encoders import ReadableEncoder

PRESENT = [
    "Who is the mayor of Riga now?",
    "Who is the mayor of Riga?",
    "WHO IS THE MAYOR OF RIGA",
    "who's the mayor of Riga",
    "Who’s the mayor of Riga?",
    "“Where are the talks?”",
    "Where's the summit?",
    "What is the price of bread?",
    "Which team is leading?",
    "How many people are in custody?",
    "How much is the fine?",
    "Are the schools still closed?",
    "latest result of the match",
    "the current king",
    "Does she currently live in Riga?",
    "What have they agreed so far?",
]
OTHERS = [
    "Who was the mayor of Riga?",
    "Who is the mayor who was elected last?",
    "Who is the mayor who had resigned?",
    "What is the population given in 1990?",
    "Who is the 2023 champion?",
    "Where did the talks take place?",
    "What were the latest results then?",
    "WHAT WERE THE LATEST RESULTS?",
    "Who was there today?",
    "Who is the first woman in space?",
    "Who originally owns it now?",
    "Who headed the delegation?",
    "Who knows?",
    "What island has a volcano?",
    "Why does it snow?",
    "mayor of Riga",
    "",
]


@pytest.mark.parametrize("question", PRESENT)
def test_a_question_about_the_present(question: str) -> None:
    assert asks_about_the_present(question)


@pytest.mark.parametrize("question", OTHERS)
def test_another_question(question: str) -> None:
    assert not asks_about_the_present(question)


@dataclass(frozen=True)
class Said:
    """A candidate, as short as it can be said."""

    answer: str | None
    date: str | None
    score: float = 5.0
    margin: float = 1.0

    def candidate(self) -> RerankCandidate:
        """It, with words around its answer."""
        words = f"It is {self.answer}, he said."
        span = Span(6, 6 + len(self.answer)) if self.answer else None
        day = datetime.date.fromisoformat(self.date) if self.date else None
        return RerankCandidate(
            Candidate(PassageRow(1, 1, 1, 0, len(words)), 0.0, None),
            Article("id", "Title", day, None, None, words),
            reading=ReaderOutput(1.0, self.margin, span),
            score=self.score,
        )


NOW = "Who is the mayor of Riga now?"
OLD = Said("Anna", "2019-05-01")
NEW = Said("Boris", "2023-05-01", score=4.0)


def order(*said: Said, question: str = NOW) -> list[int]:
    """The places that candidates had, in the order that they come to."""
    found = [each.candidate() for each in said]
    return [found.index(each) for each in newest_first(question, found)]


def test_the_newer_answer_goes_before_a_slightly_better_older_one() -> None:
    assert order(OLD, NEW) == [1, 0]
    assert order(NEW, OLD) == [0, 1]
    assert order(OLD, NEW, question="Who was the mayor of Riga?") == [0, 1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(OLD, Said("Boris", "2023-05-01", score=3.4), id="far behind"),
        pytest.param(OLD, Said("Boris", None, score=4.0), id="without a date"),
        pytest.param(OLD, Said("Boris", "2023-05-01", 4.0, margin=-0.1), id="no answer, rather"),
        pytest.param(OLD, Said(None, "2023-05-01", 4.0), id="nothing marked"),
        pytest.param(OLD, Said("ANNA", "2023-05-01", 4.0), id="the same answer"),
        pytest.param(OLD, Said("“Anna”", "2023-05-01", 4.0), id="the same answer, quoted"),
        pytest.param(Said("Anna", None), NEW, id="the best without a date"),
        pytest.param(Said("Anna", "2019-05-01", margin=-0.1), NEW, id="the best unsure"),
        pytest.param(OLD, Said("Boris", "2019-05-01", 4.0), id="the same day"),
    ],
)
def test_nothing_else_goes_before_the_best(first: Said, second: Said) -> None:
    assert order(first, second) == [0, 1]


def test_what_cannot_be_the_newest_answer_keeps_its_order_behind() -> None:
    undated, far = Said("Carla", None, score=4.5), Said("Dmitri", "2024-05-01", score=1.0)
    older = Said("Elena", "2018-05-01", score=4.9)
    assert order(OLD, older, undated, NEW, far) == [3, 0, 1, 2, 4]
    assert order(OLD, undated, far) == [0, 1, 2]


def test_nothing_found() -> None:
    assert newest_first(NOW, []) == []


SAID = st.builds(
    Said,
    st.sampled_from(["Anna", "anna", "Boris", "Carla", None]),
    st.sampled_from(["2019-05-01", "2023-05-01", "2024-05-01", None]),
    st.floats(0, 4),
    st.sampled_from([-1.0, 0.0, 1.0]),
)


@given(st.lists(SAID, max_size=8), st.sampled_from([NOW, "Who was the mayor?"]))
def test_none_is_lost_or_doubled_and_only_a_newer_answer_passes_the_best(
    said: list[Said], question: str
) -> None:
    said.sort(key=lambda each: -each.score)
    places = order(*said, question=question)
    assert sorted(places) == list(range(len(said)))
    if question != NOW:
        assert places == sorted(places)
    if places != sorted(places):
        best = said[0]
        passed_it = [said[place] for place in places[: places.index(0)]]
        assert best.date and best.answer and best.margin > 0
        for each in passed_it:
            assert each.date and each.date > best.date
            assert each.answer and each.margin > 0 and each.score >= best.score - 1.5
        behind = [place for place in places if not said[place].date or said[place].margin <= 0]
        assert behind == sorted(behind)


@pytest.mark.parametrize("newer", ["Nils", "Janis"])
def test_the_mayor_of_riga_now(library: Path, encoder: ReadableEncoder, newer: str) -> None:
    articles = [
        article(
            name,
            f"{name} Berzins is the mayor of Riga. He spoke on Monday.",
            title="The mayor of Riga speaks",
            date="2023-05-01" if name == newer else "2019-05-01",
        )
        for name in ("Nils", "Janis")
    ]
    others = [article(f"{n}", f"The river rose by {n} m in town {n}.") for n in range(10)]
    answerer = answerer_of(build(library, encoder, articles + others), encoder, 0.0)
    quotes = answerer.ask(NOW).quotes
    assert [quote.article.id for quote in quotes[:2]] == sorted(["Nils", "Janis"], key=newer.__ne__)
    assert quotes[0].answer is not None
    said = quotes[0].article.text[quotes[0].answer.start : quotes[0].answer.end]
    assert said == f"{newer} Berzins"
    assert quotes[0].score >= quotes[1].score
    answerer.close()
