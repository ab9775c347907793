"""Votes: one a user and message, and the labelled questions made of them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.storage.database import Store
from bot.discord.storage.questions import Questions, QuotedPassage
from bot.discord.storage.schema import TABLES
from bot.discord.storage.votes import Vote, Votes, anonymised, labels, match_key, server_pseudonym
from retrieval.documents.article import Article
from retrieval.evaluation.dataset import LabelledQuestion, read_questions
from tests.bot.discord.world import answer_of

TEXT = "The talks are being held at the old office. They began at 10.30 a.m. on Tuesday."
TALKS = Article("talks", "New round", None, None, None, TEXT)
OFFICE = QuotedPassage("talks", 28, 42, TALKS.sha256)
TUESDAY = QuotedPassage("talks", 58, 79, TALKS.sha256)
GONE = QuotedPassage("gone", 0, 5, TALKS.sha256)
CHANGED = QuotedPassage("talks", 0, 9, "0" * 64)
WHERE = "Where were the talks held?"
ADA, BOB, EVE = 111111111111111111, 222222222222222222, 333333333333333333
TOWN = 444444444444444444


def article(article_id: str) -> Article | None:
    return {"talks": TALKS}.get(article_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "discord.sqlite", TABLES)
    yield opened
    opened.close()


def test_a_person_has_one_vote_a_message_and_may_change_it(store: Store) -> None:
    votes = Votes(store)
    right, wrong = Vote(WHERE, OFFICE, True), Vote(WHERE, OFFICE, False)
    answer_passage = [
        votes.record(vote, message=message, voter=voter, server=server)
        for vote, message, voter, server in (
            (right, 1, ADA, TOWN),
            (right, 1, ADA, TOWN),
            (right, 1, BOB, TOWN),
            (wrong, 1, ADA, TOWN),
            (wrong, 2, ADA, None),
        )
    ]
    assert answer_passage == [True, False, True, True, True]
    assert votes.by_server().keys() == {server_pseudonym(TOWN), "direct"}
    assert sorted(votes.by_server()[server_pseudonym(TOWN)], key=repr) == [wrong, right]
    assert votes.by_server()["direct"] == [wrong]


def test_votes_are_kept_for_a_year(store: Store) -> None:
    votes = Votes(store)
    votes.record(Vote(WHERE, OFFICE, True), message=1, voter=ADA, server=TOWN)
    votes.record(Vote(WHERE, OFFICE, True), message=1, voter=BOB, server=TOWN)
    with store.write() as connection:
        old, young = time.time() - 366 * 86_400, time.time() - 364 * 86_400
        connection.execute("UPDATE votes SET at = ? WHERE voter = ?", (old, ADA))
        connection.execute("UPDATE votes SET at = ? WHERE voter = ?", (young, BOB))
    votes.record(Vote("And why?", None, True), message=2, voter=ADA, server=TOWN)
    assert [vote.question for vote in votes.by_server()[server_pseudonym(TOWN)]] == [
        WHERE,
        "And why?",
    ]


def test_questions_are_kept_for_a_year_and_go_a_few_at_a_time(store: Store) -> None:
    questions = Questions(store)

    def keep() -> str:
        return questions.add(answer_of(), server=TOWN, question=WHERE, follows=None)

    old, young = [keep() for _ in range(25)], keep()
    with store.write() as connection:
        connection.execute("UPDATE asked SET at = at - 366 * 86400 WHERE key <> ?", (young,))
        connection.execute("UPDATE asked SET at = at - 364 * 86400 WHERE key = ?", (young,))
    new = [keep()]
    assert len([key for key in old if questions.turn(key, TOWN)]) == 5
    new.append(keep())
    assert not [key for key in old if questions.turn(key, TOWN)]
    assert all(questions.turn(key, TOWN) for key in [young, *new])


def test_the_name_of_a_place_does_not_say_which_it_is() -> None:
    assert server_pseudonym(TOWN) == server_pseudonym(TOWN) != server_pseudonym(TOWN + 1)
    assert str(TOWN)[:4] not in server_pseudonym(TOWN)
    assert len(server_pseudonym(TOWN)) == 8


def test_votes_survive_a_restart(store: Store, tmp_path: Path) -> None:
    Votes(store).record(Vote(WHERE, None, True), message=1, voter=ADA, server=None)
    store.close()
    again = Store(tmp_path / "discord.sqlite", TABLES)
    assert Votes(again).by_server() == {"direct": [Vote(WHERE, None, True)]}
    again.close()


def test_what_more_call_right_than_wrong_is_an_answer() -> None:
    votes = [
        *[Vote(WHERE, OFFICE, True)] * 2,
        Vote("where were the talks held", OFFICE, False),
        *[Vote(WHERE, TUESDAY, right) for right in (True, False)],
    ]
    [label] = labels(votes, article).questions
    assert (label.question, label.answers, label.articles) == (
        WHERE,
        ("the old office",),
        ("talks",),
    )


def test_a_question_can_have_several_answers() -> None:
    votes = [Vote(WHERE, passage, True) for passage in (OFFICE, TUESDAY, GONE, CHANGED)]
    [label] = labels(votes, article).questions
    assert label.answers == ("the old office", "10.30 a.m. on Tuesday")
    assert label.articles == ("talks",)


def test_a_right_not_found_is_a_question_without_an_answer() -> None:
    found = labels([Vote(WHERE, None, True), Vote("And why?", None, False)], article)
    assert [(each.question, each.answers) for each in found.questions] == [(WHERE, ())]
    assert found.wrong == ("And why?",)


def test_an_answer_beats_a_not_found() -> None:
    votes = [*[Vote(WHERE, None, True)] * 3, Vote(WHERE, OFFICE, True)]
    assert [each.answers for each in labels(votes, article).questions] == [("the old office",)]


def test_what_is_only_called_wrong_is_no_label() -> None:
    found = labels([Vote(WHERE, OFFICE, False)], article)
    assert (found.questions, found.wrong, found.changed) == ((), (WHERE,), 0)


@pytest.mark.parametrize("passage", [GONE, CHANGED])
def test_words_that_may_be_others_by_now_are_left_out(passage: QuotedPassage) -> None:
    found = labels([Vote(WHERE, passage, True)], article)
    assert (found.questions, found.wrong, found.changed) == ((), (), 1)


def test_words_that_say_nothing_are_left_out() -> None:
    found = labels([Vote(WHERE, QuotedPassage("talks", 0, 3, TALKS.sha256), True)], article)
    assert (found.questions, found.changed) == ((), 1)


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        (f"who is <@{ADA}>?", "who is @someone?"),
        (f"<@!{ADA}> and <@&{TOWN}>\nin <#{TOWN}>", "@someone and @someone in @someone"),
        (f"what did {ADA} say", "what did @someone say"),
        ("what was 2022-03-29 and 123456?", "what was 2022-03-29 and 123456?"),
    ],
)
def test_nobody_is_named(question: str, shown: str) -> None:
    assert anonymised(question) == shown


def test_spelling_does_not_make_another_question() -> None:
    assert (
        match_key("Where  were\nthe talks?")
        == match_key("where were the TALKS")
        != match_key("where?")
    )
    assert match_key("?!") == "?!"


SNOWFLAKES = st.sampled_from([ADA, BOB, EVE, TOWN])
QUESTIONS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        SNOWFLAKES.map("<@{}>".format),
        SNOWFLAKES.map(" {} ".format),
    ),
    max_size=4,
).map(lambda parts: "why " + "".join(parts))
PASSAGES = st.sampled_from([OFFICE, TUESDAY, GONE, CHANGED, None])


@given(st.lists(st.builds(Vote, QUESTIONS, PASSAGES, st.booleans()), max_size=12))
def test_quoth_eval_takes_whatever_is_made_of_votes(
    tmp_path_factory: pytest.TempPathFactory, votes: list[Vote]
) -> None:
    path = tmp_path_factory.mktemp("votes") / "questions.jsonl"
    made = labels(votes, article).questions
    lines = [
        {"question": each.question, "answers": each.answers, "article_ids": each.articles}
        for each in made
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    read = [*read_questions(path)] if made else []
    assert all(isinstance(each, LabelledQuestion) for each in read)
    assert len(read) == len(made) <= len({match_key(vote.question) for vote in votes})
    for identifier in (ADA, BOB, EVE, TOWN):
        assert str(identifier) not in path.read_text(encoding="utf-8")
