"""Questions and what they get, with vectors that can be read."""

import dataclasses
import datetime
import re
from pathlib import Path

import pytest

from retrieval.answering.answerer import Answerer
from retrieval.answering.question import MAX_QUESTION, validated_question
from retrieval.documents.article import Article, id_key
from retrieval.errors import QuestionError
from retrieval.library.filter import Filter
from retrieval.library.local.write_session import open_session
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from tests.support.articles import answerer_of, article, build
from tests.support.encoders import ReadableEncoder

ARTICLES = [
    article("talks", "Peace talks opened.\n\nThe negotiators met in the old harbour of Riga.",
            title="Talks begin", date="2022-03-29", source="Anadolu"),
    article("river", "The river rose by 3.5 m overnight. Schools stayed closed.",
            title="High water", date="2023-01-05", source="Diena"),
    article("king", "The king received the Ni\u0304ca choir. Café Rene\u0301 sang.",
            title="At the palace", date="2021-06-01", source="Diena"),
    article("match", "A late goal decided the match. The crowd sang.", title="Football"),
]  # fmt: skip


@pytest.fixture
def answerer(library: Path, encoder: ReadableEncoder) -> Answerer:
    return answerer_of(build(library, encoder, ARTICLES), encoder, 0.5)


def first(answerer: Answerer, question: str, within: Filter | None = None) -> str:
    return answerer.ask(question, within=within).quotes[0].article.id


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Where did the negotiators meet?", "talks"),
        ("How far did the river rise?", "river"),
        ("Whom did the king receive?", "king"),
        ("What decided the match?", "match"),
    ],
)
def test_the_best_comes_first(answerer: Answerer, question: str, wanted: str) -> None:
    answer = answerer.ask(question)
    assert answer.quotes[0].article.id == wanted
    assert answer.confidence == answer.quotes[0].score
    assert answer.answered == (answer.confidence >= 0.5)
    assert answer.confidence > answerer.ask("quantum chromodynamics").confidence
    answerer.close()


def test_the_order_of_all(answerer: Answerer) -> None:
    """Both halves count: the vector alone finds "flood", the words alone find "choir"."""
    answer = answerer.ask("flood choir of the river", top=4)
    assert [quote.article.id for quote in answer.quotes][:2] == ["river", "king"]
    assert first(answerer, "flood") == "river"
    assert first(answerer, "harbour") == "talks"
    answerer.close()


@pytest.mark.parametrize(
    "noise",
    ['"', "AND", "( title:x ~ * \\", "\"AND ( title:x ~ * \\`", "river^9", "-zebra +yak",
     "id:1", "[a TO z]", "/.*/", "NOT", "{}", "IN [1 2]", "'; DROP TABLE articles; --", "*",
     "\u202e", "\x00"],
)  # fmt: skip
def test_no_syntax_means_anything(answerer: Answerer, noise: str) -> None:
    plain = [quote.article.id for quote in answerer.ask("negotiators").quotes]
    noisy = answerer.ask(f"negotiators {noise}")
    assert noisy.quotes[0].article.id == plain[0] == "talks"
    answerer.close()


@pytest.mark.parametrize(
    "name", ["Nīca", "Ni\u0304ca", "nica", "NĪCA", "René", "Rene\u0301", "rene"]
)
def test_accents_are_folded_in_either_form(answerer: Answerer, name: str) -> None:
    answer = answerer.ask(name)
    assert answer.quotes[0].article.id == "king"
    assert "Ni\u0304ca" in answer.quotes[0].text  # and the quote stays the author's
    answerer.close()


def test_quotes_are_verbatim(answerer: Answerer) -> None:
    known = {each.id: each for each in ARTICLES}
    for question in ("river", "king", "sang", "negotiators", "nothing of the kind"):
        for quote in answerer.ask(question, top=10).quotes:
            assert quote.article == known[quote.article.id]
            assert quote.text == known[quote.article.id].text[quote.start : quote.end]
            assert quote.text.strip() == quote.text != ""
            assert 0 <= quote.score <= 1
    answerer.close()


def test_an_answer_says_what_it_saw_and_how_long_it_took(answerer: Answerer) -> None:
    answer = answerer.ask("  river?\n")
    assert answer.question == "river?"
    assert (answer.library.articles, answer.library.passages) == (4, 4)
    times = dataclasses.asdict(answer.timings_ms)
    assert all(value >= 0 for value in times.values())
    parts = times["encode"] + times["search"] + times["read"]
    assert times["total"] == pytest.approx(parts, abs=0.1)
    answerer.close()


def test_what_the_articles_do_not_know_is_not_answered(answerer: Answerer) -> None:
    answer = answerer.ask("quantum chromodynamics lagrangian")
    assert not answer.answered
    assert answer.confidence < 0.5
    assert answer.quotes  # the nearest, to be labelled as such
    answerer.close()


def test_the_threshold_is_what_divides(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, ARTICLES)
    confidence = answerer_of(library, encoder, 0.0).ask("river").confidence
    assert answerer_of(library, encoder, confidence).ask("river").answered
    assert not answerer_of(library, encoder, confidence + 1e-6).ask("river").answered


def test_an_empty_library_answers_nothing(library: Path, encoder: ReadableEncoder) -> None:
    answerer = answerer_of(build(library, encoder, []), encoder, 0.0)
    answer = answerer.ask("anything?")
    assert (answer.answered, answer.confidence, answer.quotes) == (False, 0.0, ())
    answerer.close()


@pytest.mark.parametrize(
    ("question", "why"),
    [("", "empty"), (" \n\t", "empty"), ("😀🎉", "no word"), ("?!…", "no word"),
     ("\u0301", "no word"), ("\x00", "no word"), ("x" * 10_000, "10,000 characters"),
     ("x" * (MAX_QUESTION + 1), "long"),
     ("where \ud800 is it", "half a character"), ("\udcff\udcfe", "half a character")],
)  # fmt: skip
def test_questions_that_cannot_be_asked(answerer: Answerer, question: str, why: str) -> None:
    with pytest.raises(QuestionError, match=why) as error:
        answerer.ask(question)
    line = str(error.value)
    assert len(line.splitlines()) == 1
    line.encode()  # it can be printed
    answerer.close()


@pytest.mark.parametrize(
    "question", ["x" * MAX_QUESTION, "word " * 399, "談", "7", "a\x00b", "😀 river"]
)
def test_questions_that_can(answerer: Answerer, question: str) -> None:
    assert answerer.ask(question).question == validated_question(question)
    answerer.close()


def test_the_same_words_are_one_quote(library: Path, encoder: ReadableEncoder) -> None:
    same = [article(f"copy{n}", "The river  rose\nat night.", title=f"T{n}") for n in range(3)]
    same[1] = dataclasses.replace(same[1], text="the RIVER rose at night.")
    other = article("other", "A river fell by day.")
    answerer = answerer_of(build(library, encoder, [*same, other]), encoder, 0.0)
    quotes = answerer.ask("river at night").quotes
    assert len(quotes) == 2
    assert quotes[1].article.id == "other"
    copies = {quotes[0].article.id, *quotes[0].also_in}
    assert copies == {"copy0", "copy1", "copy2"}
    assert len(quotes[0].also_in) == 2
    answerer.close()


def test_words_in_many_articles_push_out_no_other_quote(
    library: Path, encoder: ReadableEncoder
) -> None:
    same = [article(f"copy{n:02}", "The river rose at night.") for n in range(40)]
    others = [article(f"other{n}", f"A river fell by day {n}.") for n in range(2)]
    # Sure of nothing, it shows whatever is nearest.
    answerer = answerer_of(build(library, encoder, [*same, *others]), encoder, 1.0)
    quotes = answerer.ask("river at night").quotes
    assert len(quotes) == 3
    assert len(quotes[0].also_in) == 39
    answerer.close()


def test_beside_a_good_answer_there_is_nothing_that_has_nothing_to_do_with_it(
    library: Path, encoder: ReadableEncoder
) -> None:
    others = [article(f"other{n}", f"Nothing of the kind, {n}.") for n in range(40)]
    build(library, encoder, [article("good", "The river rose at night."), *others])
    answerer = answerer_of(library, encoder, 0.0)
    assert [quote.article.id for quote in answerer.ask("river at night").quotes] == ["good"]
    answerer.close()


@pytest.mark.parametrize(
    ("within", "wanted"),
    [
        (Filter(source="diena"), {"river", "king"}),
        (Filter(since=datetime.date(2022, 3, 29)), {"talks", "river"}),
        (Filter(until=datetime.date(2022, 3, 29)), {"talks", "king"}),
        (Filter(since=datetime.date(2022, 1, 1), source="DIENA"), {"river"}),
        (Filter(since=datetime.date(2024, 1, 1)), set()),
        (Filter(source=""), set()),
    ],
)
def test_filters(answerer: Answerer, within: Filter, wanted: set[str]) -> None:
    for question in ("sang river king negotiators", "unknown words only"):
        quotes = answerer.ask(question, top=10, within=within).quotes
        assert {quote.article.id for quote in quotes} == wanted
    answerer.close()


def test_a_commit_is_seen_by_the_next_question(answerer: Answerer, library: Path) -> None:
    new = article("new", "The queen opened the hospital.")
    encoder = ReadableEncoder()
    with open_session(library, encoder, Reporter()) as session:
        with session.transaction() as change:
            change.put(new, "test")
            change.remove("king")
        session.encode_pending(encoder)
    answer = answerer.ask("Who opened the hospital?", top=10)
    assert answer.quotes[0].article == new
    assert "king" not in {quote.article.id for quote in answer.quotes}
    answerer.close()


def test_a_passage_without_its_vector_is_found_by_its_words(
    library: Path, encoder: ReadableEncoder
) -> None:
    build(library, encoder, ARTICLES)
    with LocalWriter(library) as writer, writer.commit() as change:
        change.put(Article("late", "Late", None, None, None, "The zeppelin landed."), "test")
    answerer = answerer_of(library, encoder, 0.0)  # which mends the words' index by itself
    assert answerer.ask("zeppelin").quotes[0].article.id == "late"
    answerer.close()


def test_more_passages_come_after_those_of_the_answer(answerer: Answerer) -> None:
    answer = answerer.ask("negotiators river king match", top=1)
    everything = answerer.ask("negotiators river king match", top=10, min_confidence=1.0).quotes
    assert len(everything) > 1
    assert [*answer.quotes, *answer.more] == [*everything]
    answerer.close()


def test_one_question_may_have_a_threshold_of_its_own(answerer: Answerer) -> None:
    question = "Where did the negotiators meet?"
    assert answerer.ask(question, min_confidence=0.0).answered
    assert not answerer.ask(question, min_confidence=1.0).answered
    answerer.close()


def test_an_article_is_looked_up_by_its_id_or_the_key_of_it(
    answerer: Answerer, library: Path
) -> None:
    talks = answerer.article("talks")
    assert talks is not None
    assert talks.text == ARTICLES[0].text
    assert answerer.article_with(id_key("talks")) == talks
    assert answerer.article("gone") is None
    assert answerer.article_with(id_key("gone")) is None
    with LocalWriter(library) as writer, writer.commit() as change:
        change.remove("talks")
    assert answerer.article("talks") is None
    assert answerer.article_with(id_key("talks")) is None
    answerer.close()


def test_keys_of_ids_are_short_and_differ() -> None:
    keys = {id_key(f"article {number}") for number in range(1000)}
    assert len(keys) == 1000
    assert all(re.fullmatch(r"[\w-]{11}", key) for key in keys)
