"""``quoth eval --plot``: the picture, and what becomes of the rest where there can be none."""

import sys
from pathlib import Path

import pytest

from tests.support.quoth_command import Quoth, in_python, write_jsonl

KNOWN = {"question": "How much will the repairs of the bridge cost?", "answers": ["3.2 million"]}
UNKNOWN = {"question": "Which xylophone did the quartermaster polish?", "answers": []}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def questions(tmp_path: Path) -> str:
    """A file of questions."""
    write_jsonl(tmp_path / "questions.jsonl", [KNOWN, UNKNOWN])
    return "questions.jsonl"


def test_the_picture_is_a_png_beside_the_figures(
    quoth: Quoth, shelf: Path, questions: str, tmp_path: Path
) -> None:
    command = ["eval", questions, "--library", str(shelf)]
    done = quoth(*command, "--plot", "curve")
    assert done.status == 0  # on a new machine matplotlib may say that it looks for fonts
    assert done.out.startswith("2 questions")
    assert (tmp_path / "curve").read_bytes().startswith(PNG)
    write_jsonl(tmp_path / "unknown.jsonl", [UNKNOWN])
    (tmp_path / "curve").write_bytes(b"old")
    env = {"QUOTH_MIN_CONFIDENCE": "1"}  # with nothing to mark
    done = quoth("eval", "unknown.jsonl", *command[2:], "--json", "--plot", "curve", env=env)
    assert (done.status, done.err, len(done.objects)) == (0, "", 1)
    assert (tmp_path / "curve").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("place", "reason"),
    [("no/such/curve.png", "No such file or directory"), (".", "Is a directory")],
)
def test_where_no_picture_can_be_written_nothing_is_measured(
    quoth: Quoth, questions: str, tmp_path: Path, place: str, reason: str
) -> None:
    done = quoth("eval", questions, "--plot", place)
    assert done.status == 1
    assert done.error == f"quoth: {place}: cannot be written ({reason}); name another file"
    assert [path.name for path in tmp_path.iterdir()] == [questions]


def test_what_stops_it_leaves_no_picture_and_the_one_that_was_there(
    quoth: Quoth, tmp_path: Path
) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    for name in ("new.png", "old.png"):
        assert "no such file" in quoth("eval", "missing.jsonl", "--plot", name).error
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"old.png": b"old"}


def test_a_full_disk_under_the_picture_is_one_line_after_the_figures(
    quoth: Quoth, shelf: Path, questions: str
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = quoth("eval", questions, "--library", str(shelf), "--json", "--plot", "/dev/full")
    assert done.status == 1
    assert done.object["questions"] == 2
    assert done.err == (
        "quoth: /dev/full: cannot be written (No space left on device); name another file\n"
    )


def test_without_matplotlib_it_says_what_to_install(
    inside: Quoth, questions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = inside("eval", questions, "--plot", "curve.png")
    assert done.status == 1
    assert done.error == "quoth: --plot needs matplotlib; run: pip install 'quoth[plot]'"


def test_only_the_picture_needs_matplotlib(tmp_path: Path, shelf: Path, questions: str) -> None:
    code = f"""
import sys
from bot.cli.main import _run
assert _run(["eval", {questions!r}, "--library", {str(shelf)!r}]) == 0
print(sorted(set(sys.modules) & {{"matplotlib", "torch", "discord"}}), file=sys.stderr)
"""
    assert in_python(tmp_path, code).err == "[]\n"
