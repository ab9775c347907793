"""Files of questions: what is read of them, and what is told of those that cannot be used."""

import gzip
import json
from pathlib import Path

import pytest

from retrieval.errors import ReadingError
from retrieval.evaluation.dataset import LabelledQuestion, read_questions
from tests.support.articles import write_jsonl


def read(path: Path) -> list[LabelledQuestion | ReadingError]:
    return [*read_questions(path)]


def problems(path: Path) -> list[str]:
    found = read(path)
    assert all(isinstance(each, ReadingError) for each in found), found
    return [str(each).removeprefix(f"{path.parent}/") for each in found]


def test_a_question_is_read_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    rows = [
        {"question": " Where? ", "answers": ["Istanbul"], "article_ids": ["a", "b"],
         "other_articles_with_answer": ["b", "c"], "id": "q1", "evidence": 7},
        {"question": "Who?", "answers": []},
        {"question": "Why?", "answers": ["so"], "article_ids": None, "id": None},
    ]  # fmt: skip
    lines = [json.dumps(row) for row in rows]
    plain = write_jsonl(tmp_path / "q.jsonl", ["\ufeff" + lines[0], "", lines[1], " ", lines[2]])
    packed = tmp_path / "q.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for path in (plain, packed):
        assert read(path) == [
            LabelledQuestion("Where?", ("Istanbul",), frozenset("abc"), "q1"),
            LabelledQuestion("Who?", (), frozenset(), None),
            LabelledQuestion("Why?", ("so",), frozenset(), None),
        ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("no", "not a JSON object: Expecting value (character 1)"),
        ("[]", "not a JSON object: one is written {…}"),
        ('{"answers": []}', "'question' should be a string"),
        ('{"question": 1, "answers": []}', "'question' should be a string"),
        ('{"question": " ", "answers": []}', "The question is empty"),
        ('{"question": "?!", "answers": []}', "The question has no word in it"),
        ('{"question": "\\ud800 x", "answers": []}', "The question has half a character"),
        ('{"question": "Where?"}', "has no 'answers'; write [] where nothing answers it"),
        ('{"question": "Where?", "answers": null}', "'answers' should be a list of strings"),
        ('{"question": "Where?", "answers": "x"}', "'answers' should be a list of strings"),
        ('{"question": "Where?", "answers": [1]}', "'answers' should be a list of strings"),
        ('{"question": "Where?", "answers": ["x", " "]}', "'answers' should be a list of strings"),
        ('{"question": "Where?", "answers": ["The", "!"]}', "no accepted answer has a word but"),
        ('{"question": "W?", "answers": ["x"], "article_ids": "a"}', "'article_ids' should be a"),
        (
            '{"question": "W?", "answers": [], "other_articles_with_answer": [1]}',
            "'other_articles_with_answer' should be a list of strings",
        ),
        ('{"question": "Where?", "answers": [], "id": 7}', "'id' should be a string"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_read_on(tmp_path: Path, line: str, problem: str) -> None:
    good = '{"question": "Where?", "answers": []}'
    path = write_jsonl(tmp_path / "q.jsonl", [good, line, good])
    first, bad, last = read(path)
    assert first == last == LabelledQuestion("Where?")
    assert isinstance(bad, ReadingError)
    assert (bad.place, bad.problem[: len(problem)]) == (f"{path}:2", problem)


def test_a_file_that_cannot_be_read_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    assert problems(path) == ["q.jsonl: no such file"]
    for nothing in ("", "\n \n"):
        path.write_text(nothing)
        assert problems(path) == ["q.jsonl: empty; write one question a line"]
    path.write_bytes('{"question": "Where?"}'.encode("utf-16"))
    assert problems(path) == ["q.jsonl: UTF-16, not UTF-8; save it as UTF-8"]
    path.write_bytes(b"x" * 20_000_001)
    assert problems(path) == ["q.jsonl:1: longer than 20 MB; write one question a line"]
    path.write_bytes(b'{"question": "\xff"}\n')
    assert problems(path) == ["q.jsonl:1: not UTF-8 (byte 0xff at offset 14); save it as UTF-8"]
    packed = tmp_path / "q.jsonl.gz"
    packed.write_bytes(b"no gzip")
    assert problems(packed) == ["q.jsonl.gz:1: the gzip file is damaged here; get it again"]
    assert problems(tmp_path) == [f"{tmp_path.name}: cannot be read (Is a directory)"]
