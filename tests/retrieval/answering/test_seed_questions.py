"""The questions about the seeds: do they hold together, and does Quoth get them right?"""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.settings import DEFAULTS
from retrieval.answering.answer import Answer
from retrieval.documents.article import Article
from retrieval.documents.formats import read_file
from retrieval.documents.sentences import paragraphs, sentences
from retrieval.evaluation.metrics import answer_in_quote, normalise_answer
from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from tests.support.articles import answerer_of

SEEDS = Path(__file__).parents[3] / "seeds"
FIRST = "where were the talks held?"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, the answers that are accepted, and where they are; none where it has none."""

    question: str
    answers: list[str]
    article_ids: list[str]

    def is_right(self, answer: Answer) -> bool:
        """Whether the first quote says it, or nothing was answered where nothing is known."""
        if not self.answers:
            return not answer.answered
        return answer.answered and answer_in_quote(self.answers, answer.quotes[0].text)


LINES = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
QUESTIONS = [Labelled(**json.loads(line)) for line in LINES]


@pytest.fixture(scope="module")
def seeds() -> dict[str, Article]:
    """The articles of the seeds, by id."""
    results = [result for path in SEEDS.glob("*.txt") for result in read_file(path, SEEDS)]
    return {result.id: result for result in results if isinstance(result, Article)}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """What each question gets from Quoth as it comes: the packaged models, the default settings."""
    library = tmp_path_factory.mktemp("seeds") / "library"
    encoder = load_encoder()
    index([SEEDS], library, encoder, Reporter())
    with closing(
        answerer_of(library, encoder, float(DEFAULTS["QUOTH_MIN_CONFIDENCE"]))
    ) as answerer:
        return {each.question: answerer.ask(each.question) for each in QUESTIONS}


def test_there_are_enough_of_both_kinds_and_none_twice() -> None:
    assert QUESTIONS[0].question == FIRST
    unknown = [each.question for each in QUESTIONS if not each.answers]
    assert "who is the prime minister of Japan?" in unknown
    assert 10 <= len(unknown) <= 12
    assert len(QUESTIONS) - len(unknown) >= 29
    assert len({normalise_answer(each.question) for each in QUESTIONS}) == len(QUESTIONS)


def test_each_names_the_articles_that_answer_it(seeds: dict[str, Article]) -> None:
    for each in QUESTIONS:
        assert bool(each.answers) == bool(each.article_ids), each.question
        assert seeds.keys() >= set(each.article_ids), each.question


def test_no_accepted_answer_stands_in_a_sentence_that_does_not_answer(
    seeds: dict[str, Article],
) -> None:
    for each in QUESTIONS:
        texts = [seeds[article_id].text for article_id in each.article_ids]
        said = [sentence for text in texts for sentence in _sentences(text)]
        right = [sentence for sentence in said if answer_in_quote(each.answers, sentence)]
        assert len(right) == len(texts), each.question
        for answer in each.answers:
            assert all(answer in text for text in texts), f"{answer!r} is no words of the article"
            assert answer_in_quote([answer], right[0]), f"{answer!r} is a part of a word"


def test_the_first_quotes_say_the_answers(answered: dict[str, Answer]) -> None:
    """Whether or not they are sure enough: what the search and the reader find."""
    asked = [each for each in QUESTIONS if each.answers]
    said = [answer_in_quote(each.answers, answered[each.question].quotes[0].text) for each in asked]
    assert sum(said) >= 0.85 * len(asked)


def test_most_are_right(answered: dict[str, Answer]) -> None:
    """Answered where they are answerable, refused where not.

    Nine in ten is the aim; how sure an answer is does not tell well enough yet.
    """
    misses = [each for each in QUESTIONS if not each.is_right(answered[each.question])]
    told = "\n".join(_miss(each, answered[each.question]) for each in misses)
    assert len(misses) <= len(QUESTIONS) * 0.33, f"{len(misses)} of {len(QUESTIONS)}:\n{told}"


def test_the_first_is_answered_to_the_word(answered: dict[str, Answer]) -> None:
    answer = answered[FIRST]
    assert answer.answered
    quote = answer.quotes[0]
    assert "peace talks are being held at the presidential Dolmabahce office." in quote.text
    assert quote.answer is not None
    said = quote.article.text[quote.answer.start : quote.answer.end]
    assert said.removeprefix("the ") == "presidential Dolmabahce office"


def _sentences(text: str) -> list[str]:
    spans = [span for paragraph in paragraphs(text) for span in sentences(text, paragraph)]
    return [text[span.start : span.end] for span in spans]


def _miss(asked: Labelled, answer: Answer) -> str:
    """One line on a question that went wrong."""
    wanted = " / ".join(asked.answers) or "not found"
    outcome = "answered" if answer.answered else "not found"
    first = " ".join(answer.quotes[0].text.split()) if answer.quotes else "no quote"
    return f"  {asked.question} [{wanted}] {outcome} ({answer.confidence:.2f}): {first}"
