"""What ``quoth eval`` does not measure: bad lines, bad files, and what somebody stopped."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.quoth_command import COMMAND, Quoth, write_jsonl

GOOD = {"question": "How much will the repairs of the bridge cost?", "answers": ["3.2 million"]}


def test_bad_lines_are_named_and_nothing_is_measured(inside: Quoth, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\nno\n{{}}\n{json.dumps(GOOD)}\n")
    done = inside("eval", "bad.jsonl", "--json")
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines() == [
        "quoth: bad.jsonl:2: not a JSON object: Expecting value (character 1)",
        "quoth: bad.jsonl:3: 'question' should be a string",
    ]
    assert [*tmp_path.iterdir()] == [path], "no library was made"


def test_of_a_file_of_something_else_the_first_lines_are_named(
    inside: Quoth, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "articles.jsonl", [{"title": "T", "text": "Text."}] * 1_500)
    done = inside("eval", "articles.jsonl")
    assert (done.status, done.out) == (1, "")
    *named, rest = done.err.splitlines()
    assert named[-1] == "quoth: articles.jsonl:10: 'question' should be a string"
    assert rest == "quoth: 1,490 more lines like these; nothing was measured"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing.jsonl", None, "no such file"),
        ("empty.jsonl", b"\n", "empty; write one question a line"),
        (".", None, "cannot be read (Is a directory)"),
        ("q.jsonl.gz", b"no gzip", "1: the gzip file is damaged here; get it again"),
        ("a\x1b[31m\nb.jsonl", b"", "empty; write one question a line"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    inside: Quoth, tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = inside("eval", name)
    assert done.status == 1
    assert done.error.startswith("quoth: ") and done.error.endswith(problem)


def test_without_articles_nothing_is_made_and_the_setting_is_named(
    inside: Quoth, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "questions.jsonl", [GOOD])
    done = inside("eval", "questions.jsonl")
    assert done.status == 1
    assert "QUOTH_ARTICLES is seeds" in done.error


@pytest.mark.parametrize(
    "arguments",
    [[], ["a", "b"], ["a", "--worst", "-1"], ["a", "--worst", "x"], ["a", "--top", "3"]],
)
def test_wrong_usage_is_2(inside: Quoth, tmp_path: Path, arguments: list[str]) -> None:
    done = inside("eval", *arguments)
    assert (done.status, done.out) == (2, "")
    assert not [*tmp_path.iterdir()]


def test_ctrl_c_ends_it_quietly(shelf: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "many.jsonl"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [COMMAND, "eval", "many.jsonl", "--library", str(shelf)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as measuring:
        pipe.write_text((json.dumps(GOOD) + "\n") * 20_000)  # minutes of work, once it is read
        time.sleep(1)
        assert measuring.poll() is None
        measuring.send_signal(signal.SIGINT)
        out, err = measuring.communicate(timeout=60)
    assert (measuring.returncode, out, err.strip()) == (130, b"", b"")
