"""What a question is taken to be about, by the turns before it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answering.conversation import Conversations, Turn, Understanding, turns_from
from retrieval.documents.analyzer import Terms
from retrieval.errors import QuestionError

TERMS = Terms()
HELD = Turn("Where were the talks held?", "In Istanbul.")
CHEESE = Turn("Can cheese be made from soy milk?")


def understand(question: str, *turns: Turn) -> Understanding:
    return Conversations(TERMS).understand(question, turns)


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
def test_a_question_that_leans_on_those_before_takes_their_words(question: str) -> None:
    taken = understand(question, HELD)
    assert not taken.alone
    assert {"talk", "held", "istanbul"} <= taken.words.keys() | set(TERMS.of(question))
    assert [text for text, _ in taken.texts] == [HELD.question]
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
    taken = understand(question, CHEESE, HELD)
    assert taken == Understanding(question)
    assert taken.alone


def test_what_goes_on_in_its_own_words_is_searched_with_those_before_but_for_its_vector() -> None:
    taken = understand("Which talks did Belarus hold?", Turn("Where did Turkey hold the talks?"))
    assert (taken.carried, taken.texts) == (("Turkey",), ())
    assert not taken.alone


def test_a_word_in_common_does_not_make_a_long_question_go_on_about_the_same() -> None:
    week = Turn("Which labor union ended a strike this week?")
    question = (
        "Which country landed a robotic spacecraft near the south pole of the moon this week?"
    )
    assert understand(question, week).alone
    assert not understand("Which union landed this week?", week).alone


def test_without_turns_every_question_stands_alone() -> None:
    assert understand("When did they start?") == Understanding("When did they start?")


def test_what_was_said_longer_ago_counts_less() -> None:
    taken = understand("When did they start?", CHEESE, Turn("Who brokered the peace talks?"), HELD)
    assert taken.words["talk"] == taken.words["held"] > taken.words["peac"] > taken.words["chees"]
    assert "start" not in taken.words
    assert taken.carried[:3] == ("talks", "held", "Istanbul")
    assert taken.carried[-1] == "milk"
    (last, near), (before, far) = taken.texts
    assert (last, before) == (HELD.question, "Who brokered the peace talks?")
    assert 1 > near > far


def test_a_short_answer_is_what_may_be_talked_about_and_a_long_one_is_not() -> None:
    short = understand("What did its president say?", Turn("Who brokered it?", "Turkey"))
    assert "turkey" in short.words
    words = "Turkey brokered a fresh round of peace talks that kicked off in Istanbul on Tuesday"
    long = understand("What did its president say?", Turn("Who brokered it?", words))
    assert long.words.keys() == {"broker"}


def test_a_number_that_answered_is_no_topic() -> None:
    taken = understand("Where did they go?", Turn("How many Ukrainians fled?", "3.87 million"))
    assert taken.carried == ("Ukrainians", "fled", "million")


def test_ten_turns_ago_is_forgotten() -> None:
    turns = [CHEESE, *[Turn("Why?")] * 10]
    assert "chees" not in understand("When did they start?", *turns).words


TALK = st.lists(st.builds(Turn, st.text(max_size=40), st.text(max_size=40)), max_size=12)


@given(st.text(max_size=60), TALK)
def test_any_words_can_be_understood(question: str, turns: list[Turn]) -> None:
    taken = understand(question, *turns)
    assert taken.question == question
    assert taken.leans or not taken.texts
    assert all(0 < weight < 1 for weight in taken.words.values())
    assert not taken.words.keys() & set(TERMS.of(question))
    assert not taken.words.keys() & TERMS.grammar
    assert bool(taken.words) == bool(taken.carried)
    assert taken.alone or turns


def test_turns_are_read_in_pairs() -> None:
    assert turns_from([]) == ()
    assert turns_from([" Where? ", "There.", "When?", ""]) == (
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
        turns_from(history)
