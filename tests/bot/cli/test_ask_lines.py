"""``quoth ask -``: one question a line of standard input, answered in order, each at once."""

import io
import json
import os
import select
import signal
import subprocess
from pathlib import Path

from bot.cli.commands.ask import _lines
from tests.bot.cli.contract import check_answer
from tests.support.quoth_command import COMMAND, Quoth, run

COST = "How much will the repairs of the bridge cost?"
GANNETS = "How many gannets did the lighthouse keeper count?"


def lines(*questions: str | bytes) -> bytes:
    return b"".join((q if isinstance(q, bytes) else q.encode()) + b"\n" for q in questions)


def test_each_line_is_one_object_in_order(ask: Quoth) -> None:
    done = ask("-", "--json", stdin=lines(COST, GANNETS, COST))
    assert (done.status, done.err) == (0, "")
    assert [answer["question"] for answer in done.objects] == [COST, GANNETS, COST]
    for answer in done.objects:
        check_answer(answer)
    assert [answer["quotes"][0]["article"]["id"] for answer in done.objects] == [
        "bridge", "lighthouse", "bridge",
    ]  # fmt: skip


def test_the_text_answers_come_in_order_too(ask: Quoth) -> None:
    out = ask("-", "--top", "1", stdin=lines(COST, GANNETS)).out
    assert 0 < out.index("3.2 million") < out.index("gannets")


def test_a_bad_line_is_told_and_the_rest_answered(ask: Quoth) -> None:
    done = ask("-", "--json", stdin=lines(COST, "🙂🙂", "y" * 10_000, GANNETS))
    assert done.status == 1
    first, second, third, last = done.objects
    check_answer(first)
    check_answer(last)
    assert last["question"] == GANNETS
    assert second["question"] == "🙂🙂"
    assert "no word" in second["error"]
    assert "10,000 characters" in third["error"]
    assert ["no word" in done.err.splitlines()[0], len(done.err.splitlines())] == [True, 2]

    done = ask("-", "--top", "1", stdin=lines(COST, "🙂🙂", GANNETS))
    assert done.status == 1
    assert "3.2 million" in done.out and "gannets" in done.out
    assert len(done.err.splitlines()) == 1


def test_bytes_that_are_not_utf8_and_nul_are_only_odd_characters(ask: Quoth) -> None:
    odd = b"How much \xff\xfe will the repairs \x00 of the bridge cost?"
    done = ask("-", "--json", stdin=lines(odd, GANNETS))
    assert done.err == ""
    assert [answer["quotes"][0]["article"]["id"] for answer in done.objects] == [
        "bridge", "lighthouse",
    ]  # fmt: skip
    assert done.objects[0]["question"] == odd.decode("utf-8", "replace")


def test_blank_lines_are_passed_over_and_the_last_needs_no_end(ask: Quoth) -> None:
    stdin = b"\n  \t\n" + COST.encode() + b"\r\n\n\n" + GANNETS.encode()
    done = ask("-", "--json", stdin=stdin)
    assert (done.status, done.err) == (0, "")
    assert [answer["question"] for answer in done.objects] == [COST, GANNETS]


def test_no_line_is_no_answer(ask: Quoth) -> None:
    for stdin in (b"", b"\n\n"):
        done = ask("-", "--json", stdin=stdin)
        assert (done.status, done.out, done.err) == (0, "", "")


def test_a_closed_standard_input_is_one_line(shelf: Path, tmp_path: Path) -> None:
    closing = ["sh", "-c", 'exec "$@" <&-', "sh"]
    done = run(tmp_path, ["ask", "-", "--library", str(shelf)], prefix=closing)
    assert done.status == 1
    assert done.error.startswith("quoth: standard input is closed")


def test_one_not_found_makes_it_3_and_one_that_cannot_be_asked_1(ask: Quoth) -> None:
    nowhere = "Which xylophone did the zeppelin's quartermaster polish?"
    assert ask("-", stdin=lines(COST, nowhere, COST)).status == 3
    assert ask("-", stdin=lines("!", nowhere)).status == 1
    assert ask("-", stdin=lines(nowhere, "!")).status == 1


def test_each_answer_comes_before_the_next_question_and_ctrl_c_ends_it(
    shelf: Path, tmp_path: Path
) -> None:
    for flags, ends in ((["--json"], b"}\n"), ([], b"%)\n\n")):
        with subprocess.Popen(
            [COMMAND, "ask", "-", "--library", str(shelf), *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
        ) as asking:
            assert asking.stdin and asking.stdout and asking.stderr
            for question in (COST, GANNETS):
                os.write(asking.stdin.fileno(), lines(question))
                answer = b""
                while not answer.endswith(ends):
                    ready, _, _ = select.select([asking.stdout], [], [], 30)
                    assert ready, "the answer waits for the next question"
                    piece = os.read(asking.stdout.fileno(), 65_536)
                    assert piece, "it ended without an answer"
                    answer += piece
                if flags:
                    assert json.loads(answer)["question"] == question
            asking.send_signal(signal.SIGINT)
            _, err = asking.communicate(timeout=30)
        assert asking.returncode == 130
        assert b"Traceback" not in err


def test_of_an_endless_line_the_beginning_is_told_to_be_too_long() -> None:
    endless = io.BytesIO(b"x" * 250_000 + b"\nnext\n" + b"y" * 100_001)
    assert [len(line) for line in _lines(endless)] == [100_000, 5, 100_000]
