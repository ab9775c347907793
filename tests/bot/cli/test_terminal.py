"""What reaches a terminal: colours that Quoth chose, and nothing of an article's own."""

import fcntl
import io
import json
import os
import re
import struct
import subprocess
import termios
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bot.cli.answer_text import show_answer
from bot.terminal_text import escape_controls, one_line
from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.documents.article import Article, Span
from retrieval.library.records import LibraryState
from tests.support.quoth_command import COMMAND, Quoth

STYLE = re.compile(r"\x1b\[[0-9;]*m")
TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
HOSTILE = [
    "\x1b[31m", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;https://x.example\x1b\\",
    "\x1b]8;;\x07", "\x1bPq\x1b\\", "\x9b31m", "\x9d0;t\x9c", "\x07", "\x08" * 9, "\r", "\x0b",
    "\x0c", "\x00", "\x7f", "\x85", "\x1b", "\u202e", "\u2066", "\u2069", "\u200f", "\u061c",
    "\u2028", "\u2029", "\t", "\n", "\n\n", " ", "  ", "\u00a0", "\u3000", "word", "[bold]", "[/]",
    ":smile:", "w" * 45, "漢字", "漢" * 41, "ｗｉｄｅ", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🥐", "❤️",
    "e\u0301\u0323", "\u200d", "\ufe0f", "क्षि", "> ",
    "  [1] ", "a-b", "…", "\u00ad", "\ufeff", "\u200b", "http://x.example/" + "y" * 60,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), min_size=1, max_size=25).map(
    lambda parts: "".join(parts)
)


def answer(text: str, span: tuple[int, int] | None, *, answered: bool, about: str) -> Answer:
    article = Article(id=about, title=about, date=None, source=about, url=about, text=text)
    marked = Span(*span) if span else None
    quote = Quote(article, 0, len(text), 1, 0.5, marked, also_in=(about, "b"))
    timings = Timings(0, 0, 0, 0)
    return Answer("?", answered, 0.5, (quote, quote), LibraryState(1, 1, 1), timings)


def printed(shown: Answer, width: int, *, colours: bool) -> str:
    stream = io.StringIO()
    output = Console(
        file=stream, width=width, highlight=False, markup=False, emoji=False,
        force_terminal=colours, color_system="truecolor" if colours else None,
    )  # fmt: skip
    show_answer(shown, output)
    return stream.getvalue()


def words(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("answered", [True, False])
def test_only_an_answer_is_bold(answered: bool) -> None:
    shown = answer("in the old office", (3, 17), answered=answered, about="Talks")
    bold = "\x1b[1mthe old office\x1b[0m"
    assert (bold in printed(shown, 60, colours=True)) == answered


@settings(max_examples=150, deadline=None)
@given(
    text=TEXTS, width=st.integers(20, 100), cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    answered=st.booleans(), about=TEXTS.filter(lambda t: t.strip() != ""), colours=st.booleans(),
)  # fmt: skip
def test_the_words_are_all_there_and_nothing_else_is(
    text: str, width: int, cut: tuple[float, float], answered: bool, about: str, colours: bool
) -> None:
    low, high = sorted(round(part * len(text)) for part in cut)
    shown = answer(text, (low, high) if low < high else None, answered=answered, about=about)
    out = printed(shown, width, colours=colours)
    if colours:
        out = STYLE.sub("", out)
    assert not [c for c in out if unicodedata.category(c) == "Cc" and c != "\n"]
    assert not set(out) & TURNING
    lines = out.split("\n")
    quoted = words("".join(line[2:] for line in lines if line.startswith("> ")))
    assert quoted == words(escape_controls(text)) * 2
    citation = words("".join(line for line in lines if not line.startswith("> ")))
    assert citation.count(words(escape_controls(about))) >= 2
    assert all(cell_len(line) <= width for line in lines)


@given(st.text() | TEXTS)
def test_visible_changes_only_what_steers(text: str) -> None:
    shown = escape_controls(text)
    assert len(shown) == len(text)
    for before, after in zip(text, shown, strict=True):
        steers = before in TURNING or (
            unicodedata.category(before) == "Cc" and before not in "\t\n"
        )
        assert (before != after) == steers
    assert len(one_line(text).splitlines()) <= 1


def on_a_terminal(folder: Path, arguments: list[str], columns: int = 60, **env: str) -> str:
    """What a command writes to a terminal of its own."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color", **env}
    with subprocess.Popen(
        [COMMAND, *arguments], cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            out += piece
        process.wait(30)
    os.close(ours)
    return out.decode()


def test_on_a_terminal_there_are_colours_and_its_width_is_kept(
    tmp_path: Path, shelf: Path, ask: Quoth
) -> None:
    question = "How much will the repairs of the bridge cost?"
    shown = on_a_terminal(tmp_path, ["ask", "--library", str(shelf), question], columns=44)
    assert STYLE.search(shown)
    plain = STYLE.sub("", shown).replace("\r\n", "\n")
    assert max(len(line) for line in plain.splitlines()) <= 44
    assert plain == ask(question, env={"COLUMNS": "44"}).out


def test_no_color_and_a_dumb_terminal_have_no_colours(tmp_path: Path, shelf: Path) -> None:
    command = ["ask", "--library", str(shelf), "bridge"]
    colour = re.compile(r"\x1b\[(?:3[0-7]|38|9[0-7])")
    assert colour.search(on_a_terminal(tmp_path, command))
    assert not colour.search(on_a_terminal(tmp_path, command, NO_COLOR="1"))
    assert "\x1b" not in on_a_terminal(tmp_path, command, TERM="dumb")


def test_a_hostile_article_does_nothing_to_the_terminal(quoth: Quoth, tmp_path: Path) -> None:
    text = "The heron \x1b[2J\x1b]0;own\x07 nests \x9b31m on \u202eroofs\x08\x08."
    row = {"id": "h\u202eeron", "title": "T \x1b[5m\u202e", "source": "S\x07\u202e",
           "url": "https://x.example/", "text": text}  # fmt: skip
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "b\x1b[31m.txt").write_text("")
    assert quoth("index", "a.jsonl").status == 0
    for command in (
        ["ask", "Where does the heron nest?"],
        ["ask", "Where does the heron nest?", "--json"],
        ["articles"],
        ["articles", "--json"],
        ["articles", "show", "h\u202eeron"],
        ["articles", "show", "h\u202eeron", "--json"],
        ["articles", "show", "\x1b[31m\u202enosuch"],
        ["articles", "remove", "h\u202eeron"],
        ["ask", "\x1b[31m\u202e"],
        ["status", "--library", "\x1b[31m\u202e"],
        ["index", "b\x1b[31m.txt", "--library", "new"],
    ):
        shown = STYLE.sub("", on_a_terminal(tmp_path, command)).replace("\r\n", "\n")
        # A progress bar hides the cursor and clears its own line.
        shown = re.sub(r"\x1b\[\?25[hl]|\x1b\[2K|\x1b\[1A|\r", "", shown)
        assert not [c for c in shown if unicodedata.category(c) == "Cc" and c != "\n"], command
        assert not set(shown) & TURNING, command


def test_progress_leaves_nothing_behind_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title\n\nText of it.\n")
    shown = on_a_terminal(tmp_path, ["index", "a.txt"])
    assert "1 added, 0 updated" in STYLE.sub("", shown)
    assert "Traceback" not in shown


@pytest.mark.parametrize("nothing", ["", "\n", " \t"])
def test_a_text_of_nothing_is_shown_as_nothing(nothing: str) -> None:
    out = printed(answer(nothing, None, answered=True, about="a"), 80, colours=False)
    assert "[1] a" in out
