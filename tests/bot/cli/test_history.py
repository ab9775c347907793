"""Questions that come with the turns before them: ``quoth ask - --json``, and ``quoth eval``."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.contract import check_answer
from tests.support.quoth_command import Quoth, write_jsonl

COST = "How much will the repairs of the bridge cost?"
COSTS = "3.2 million pounds"
BELOW = "What may still pass below it?"
GANNETS = "How many gannets did the lighthouse keeper count?"


def lines(*objects: object) -> bytes:
    return b"".join(
        (each if isinstance(each, str) else json.dumps(each)).encode() + b"\n" for each in objects
    )


def test_a_line_may_be_an_object_with_the_turns_before_it(ask: Quoth) -> None:
    stdin = lines(
        {"question": BELOW, "history": [COST, COSTS]},
        {"question": GANNETS, "history": [COST, COSTS], "id": 7},
        {"question": COST},
        {"question": COST, "history": []},
        COST,
    )
    done = ask("-", "--json", stdin=stdin)
    assert (done.err, len(done.objects)) == ("", 5)
    below, gannets, *rest = done.objects
    taken = below.pop("understood")
    assert (taken["alone"], taken["carried"][:3]) == (False, ["repairs", "bridge", "cost"])
    assert gannets.pop("understood") == {"alone": True, "carried": []}
    for each in (below, gannets, *rest):
        check_answer(each)  # and nothing else is there
    firsts = [each["quotes"][0]["article"]["id"] for each in done.objects]
    assert firsts == ["bridge", "lighthouse", "bridge", "bridge", "bridge"]
    assert [each["question"] for each in done.objects[:2]] == [BELOW, GANNETS]


def test_a_bad_object_is_told_and_the_rest_answered(ask: Quoth) -> None:
    bad = [
        ("{", "should be a JSON object"),
        ('{"question": 1}', "'question' should be a string"),
        ("{}", "'question' should be a string"),
        ('{"question": "Why?", "history": "x"}', "'history' should be a list of strings"),
        ('{"question": "Why?", "history": ["x?"]}', "'history' ends with a question"),
        ('{"question": "!"}', "no word"),
        ("[" * 3 + '{"a":' * 30_000, "characters long"),
        ('{"a":' * 15_000, "should be a JSON object"),
    ]
    done = ask("-", "--json", stdin=lines(*[line for line, _ in bad], {"question": COST}))
    assert done.status == 1
    *errors, last = done.objects
    check_answer(last)
    for (_, problem), told in zip(bad, errors, strict=True):
        assert problem in told["error"]
    assert len(done.err.splitlines()) == len(bad)


def test_without_json_a_line_is_a_question_whatever_it_looks_like(ask: Quoth) -> None:
    done = ask("-", stdin=lines('{"question": "How much will the repairs of the bridge cost?"}'))
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith('{"question": "How much')


def test_eval_asks_after_the_turns_before(inside: Quoth, shelf: Path, tmp_path: Path) -> None:
    question = {"question": "What else is there?", "answers": ["x"], "article_ids": ["bridge"]}
    other = ["How many croissants does the baker bake?", "1,200 croissants"]
    for history, right in (([COST, COSTS], True), (other, False)):
        write_jsonl(tmp_path / "q.jsonl", [{**question, "history": history}])
        done = inside("eval", "q.jsonl", "--json", "--library", str(shelf))
        assert (done.status, done.err) == (0, "")
        assert (done.object["article_at_1"] == 1) == right


@pytest.mark.parametrize("history", ["x", ["x?"], [1, 2], ["", "x"], {}])
def test_eval_names_a_line_whose_history_is_none(
    inside: Quoth, shelf: Path, tmp_path: Path, history: object
) -> None:
    write_jsonl(tmp_path / "q.jsonl", [{"question": BELOW, "answers": [], "history": history}])
    done = inside("eval", "q.jsonl", "--library", str(shelf))
    assert done.status == 1
    assert "q.jsonl:1: " in done.err
