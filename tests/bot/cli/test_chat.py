"""``quoth chat``, on a terminal of its own and in a pipe."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.quoth_command import COMMAND, Quoth

COST = "How much will the repairs of the bridge cost?"
BELOW = "What may still pass below it?"
GREY = "\x1b[90m"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
UP, INTERRUPT, END = "\x1b[A", "\x03", "\x04"
PROMPT = "? "


class Terminal:
    """A person at a terminal in which ``quoth chat`` runs."""

    def __init__(self, folder: Path, arguments: list[str], **env: str) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
        self.process = subprocess.Popen(
            [COMMAND, "chat", *arguments],
            cwd=folder,
            env={**os.environ, "TERM": "xterm-256color", **env},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # So that Ctrl-C reaches it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.raw = ""

    def prompted(self) -> str:
        """What was printed until the next prompt, or the end."""
        return self._printed("\n" + PROMPT, "\r? ")

    def _printed(self, *ends: str) -> str:
        """What was printed until one of these ends it, or all is at its end."""
        deadline = time.monotonic() + 60
        out = b""
        while not ESCAPE.sub("", out.decode("utf-8", "ignore")).endswith(ends):
            ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no prompt after {out!r}"
            try:
                piece = os.read(self._ours, 65_536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            out += piece
        self.raw = out.decode()
        return ESCAPE.sub("", self.raw).replace("\r", "")

    def type(self, keys: str) -> str:
        """Type keys; what comes of it until the next prompt."""
        os.write(self._ours, keys.encode())
        return self.prompted()

    def begin(self, keys: str) -> None:
        """Type what is no whole line, and wait until it is shown."""
        os.write(self._ours, keys.encode())
        self._printed(keys)

    def interrupt(self) -> str:
        """Press Ctrl-C, again where it is not heard: Python misses one just before it waits."""
        for _ in range(20):
            os.write(self._ours, INTERRUPT.encode())
            if select.select([self._ours], [], [], 3)[0]:
                break
        return self.prompted()

    def close(self) -> None:
        """Close the terminal, and end what still runs in it."""
        os.close(self._ours)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)


Open = Callable[..., Terminal]


@pytest.fixture
def open_chat(tmp_path: Path, shelf: Path) -> Iterator[Open]:
    """Open a terminal with ``quoth chat``, at its first prompt."""
    opened = []

    def open_one(*arguments: str, **env: str) -> Terminal:
        opened.append(Terminal(tmp_path, ["--library", str(shelf), *arguments], **env))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def test_a_talk_on_a_terminal(open_chat: Open) -> None:
    chat = open_chat("--top", "1")
    first = chat.prompted()
    assert all(name in first for name in ("/sources", "/more", "/forget", "/quit"))

    assert "Nothing was quoted yet." in chat.type("/sources\n")
    said = chat.type(COST + "\n")
    assert "3.2 million pounds" in said and "[1] Bridge closes" in said
    assert "Understood" not in said and GREY not in chat.raw

    said = chat.type(BELOW + "\n")
    assert "Understood as going on about: repairs, bridge, cost" in said
    assert f"{GREY}Understood" in chat.raw
    assert "Boats may still pass" in said

    assert "Bridge closes · River Post · 2021-05-03 · https://river.example/bridge · bridge" in (
        chat.type("/sources\n")
    )
    assert "No more quotes." in chat.type("/more\n")
    said = chat.type(UP + UP + UP + UP + "\n")  # /more, /sources, the question, the one before
    assert COST in said and "3.2 million pounds" in said

    assert "Forgotten." in chat.type("/forget\n")
    said = chat.type(BELOW + "\n")
    assert "Understood" not in said
    said = chat.type("Which xylophone did the zeppelin's quartermaster polish?\n")
    assert "Not found" in said and "[1]" in said and "[2]" not in said
    assert "[2]" in chat.type("/more\n")
    assert "/forget" in chat.type("/nonsense\n")
    assert "no word" in chat.type("?!\n")
    assert chat.type("\n").count("\n") == 1

    chat.type("/quit\n")
    assert chat.process.wait(30) == 0


def test_ctrl_c_drops_a_line_and_ctrl_d_is_the_end(open_chat: Open) -> None:
    chat = open_chat()
    chat.prompted()
    chat.begin("Where is the lighthous")
    chat.interrupt()
    assert "3.2 million pounds" in chat.type(COST + "\n")
    chat.type(END)
    assert chat.process.wait(30) == 0
    assert "Traceback" not in chat.raw


def test_no_color_has_no_grey(open_chat: Open) -> None:
    chat = open_chat(NO_COLOR="1")
    chat.prompted()
    chat.type(COST + "\n")
    assert "Understood as going on about" in chat.type(BELOW + "\n")
    assert GREY not in chat.raw


def test_in_a_pipe_it_is_plain_text_without_prompts(quoth: Quoth, shelf: Path) -> None:
    typed = f"\n{COST}\n?!\n{BELOW}\n/more\n/quit\n{COST}\n"
    done = quoth("chat", "--library", str(shelf), "--top", "1", stdin=typed.encode())
    assert done.status == 0
    assert (
        done.err == "quoth: The question has no word in it; ask about something in the articles.\n"
    )
    asked = [line for line in done.out.splitlines() if line in (COST, BELOW)]
    assert asked == [COST, BELOW]
    assert "\nUnderstood as going on about: repairs, bridge, cost" in done.out
    assert "\n? " not in done.out and "/forget" not in done.out
    assert quoth("chat", "--library", str(shelf)).status == 0


def test_without_a_library_or_articles_it_is_told(quoth: Quoth) -> None:
    done = quoth("chat", env={"QUOTH_ARTICLES": "nowhere"})
    assert done.status == 1
    assert "no library yet" in done.error
