"""What a question is taken to be about, by the turns before it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answering.conversation import ExpandedQuery, QueryExpander, Turn, parse_history
from retrieval.documents.analyzer import Analyzer
from retrieval.errors import QuestionError

ANALYZER = Analyzer()
HELD = Turn("Where were the talks held?", "In Istanbul.")
CHEESE = Turn("Can cheese be made from soy milk?")


def expand(question: str, *turns: Turn) -> ExpandedQuery:
    return QueryExpander(ANALYZER).expand(question, turns)


@pytest.mark.parametrize(
    "question",
    [
        "When did they start?",
        "Who brokered them?",
        "How long is it supposed to last?",
        "When was that?",
        "And in Belarus?",
        "How about the earlier rounds?",
        "Why?",
        "Who else was there?",
        "What did the other one agree to?",
        "Which sanctions did they impose on Moscow's banks, ports and oligarchs?",
        "Tell me more about the second generation.",
        "Yes, I would like to know about the delegations of Ukraine.",
    ],
)
def test_a_context_dependent_question_takes_their_words(question: str) -> None:
    taken = expand(question, HELD)
    assert not taken.standalone
    assert {"talk", "held", "istanbul"} <= taken.expansion_terms.keys() | set(
        ANALYZER.unique_terms(question)
    )
    assert [text for text, _ in taken.context_texts] == [HELD.question]
    assert taken.question == question


@pytest.mark.parametrize(
    "question",
    [
        "Who is the prime minister of Japan?",
        "Where did the war begin?",
        "How many gannets did the lighthouse keeper count?",
        "Which band announced this week that they reunite for a tour?",
        "When did Tesla lose his laboratory?",
        "What does the pharmacist of a hospital check before it gives medicine out?",
        "Which airline grounded three of its planes after the storm?",
    ],
)
def test_a_new_topic_is_not_dragged_back_to_the_old_one(question: str) -> None:
    taken = expand(question, CHEESE, HELD)
    assert taken == ExpandedQuery(question)
    assert taken.standalone


def test_what_goes_on_in_its_own_words_is_searched_with_those_before_but_for_its_vector() -> None:
    taken = expand("Which talks did Belarus hold?", Turn("Where did Turkey hold the talks?"))
    assert (taken.expansion_words, taken.context_texts) == (("Turkey",), ())
    assert not taken.standalone


def test_a_word_in_common_does_not_make_a_long_question_go_on_about_the_same() -> None:
    week = Turn("Which labor union ended a strike this week?")
    question = (
        "Which country landed a robotic spacecraft near the south pole of the moon this week?"
    )
    assert expand(question, week).standalone
    assert not expand("Which union landed this week?", week).standalone


def test_without_turns_every_question_stands_alone() -> None:
    assert expand("When did they start?") == ExpandedQuery("When did they start?")


def test_what_was_said_longer_ago_counts_less() -> None:
    taken = expand("When did they start?", CHEESE, Turn("Who brokered the peace talks?"), HELD)
    assert (
        taken.expansion_terms["talk"]
        == taken.expansion_terms["held"]
        > taken.expansion_terms["peac"]
        > taken.expansion_terms["chees"]
    )
    assert "start" not in taken.expansion_terms
    assert taken.expansion_words[:3] == ("talks", "held", "Istanbul")
    assert taken.expansion_words[-1] == "milk"
    (last, near), (before, far) = taken.context_texts
    assert (last, before) == (HELD.question, "Who brokered the peace talks?")
    assert 1 > near > far


def test_a_short_answer_is_what_may_be_talked_about_and_a_long_one_is_not() -> None:
    short = expand("What did its president say?", Turn("Who brokered it?", "Turkey"))
    assert "turkey" in short.expansion_terms
    words = "Turkey brokered a fresh round of peace talks that kicked off in Istanbul on Tuesday"
    long = expand("What did its president say?", Turn("Who brokered it?", words))
    assert long.expansion_terms.keys() == {"broker"}


def test_a_number_that_answered_is_no_topic() -> None:
    taken = expand("Where did they go?", Turn("How many Ukrainians fled?", "3.87 million"))
    assert taken.expansion_words == ("Ukrainians", "fled", "million")


def test_ten_turns_ago_is_forgotten() -> None:
    turns = [CHEESE, *[Turn("Why?")] * 10]
    assert "chees" not in expand("When did they start?", *turns).expansion_terms


TALK = st.lists(st.builds(Turn, st.text(max_size=40), st.text(max_size=40)), max_size=12)


@given(st.text(max_size=60), TALK)
def test_any_words_can_be_understood(question: str, turns: list[Turn]) -> None:
    taken = expand(question, *turns)
    assert taken.question == question
    assert taken.context_dependent or not taken.context_texts
    assert all(0 < weight < 1 for weight in taken.expansion_terms.values())
    assert not taken.expansion_terms.keys() & set(ANALYZER.unique_terms(question))
    assert not taken.expansion_terms.keys() & ANALYZER.stop_words
    assert bool(taken.expansion_terms) == bool(taken.expansion_words)
    assert taken.standalone or turns


def test_turns_are_read_in_pairs() -> None:
    assert parse_history([]) == ()
    assert parse_history([" Where? ", "There.", "When?", ""]) == (
        Turn("Where?", "There."),
        Turn("When?"),
    )


@pytest.mark.parametrize(
    ("history", "problem"),
    [
        ("Where?", "should be a list of strings"),
        ({"Where?": "There"}, "should be a list of strings"),
        (None, "should be a list of strings"),
        (["Where?", None], "should be a list of strings"),
        (["Where?"], "ends with a question"),
        (["Where?", "There.", "When?"], "ends with a question"),
        (["", "There."], "The question is empty"),
        (["Where?", "\ud800"], "half a character"),
        (["\ud800?", ""], "half a character"),
    ],
)
def test_what_is_no_history_is_told(history: Any, problem: str) -> None:
    with pytest.raises(QuestionError, match=problem):
        parse_history(history)
