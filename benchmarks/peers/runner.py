"""What the runners share: each tool is a program with the same commands.

    python -m benchmarks.peers.NAME index MODEL FOLDER ARTICLES
    python -m benchmarks.peers.NAME ask   MODEL FOLDER QUESTION
    python -m benchmarks.peers.NAME first MODEL FOLDER ARTICLES QUESTION
    python -m benchmarks.peers.NAME serve MODEL FOLDER
    python -m benchmarks.peers.NAME fill  MODEL FOLDER TEXTS VECTORS   (some of them)

It runs where the tool is installed, so it takes nothing from Quoth.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TextIO, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import ArticleRow

CHARACTERS = 320
"""Of a piece at most: as long as a quote may be."""

OVERLAP = 40
"""Characters that a piece shares with the one before it."""

RESULTS = 3
"""Pieces that a question asks for."""


class Tool(Protocol):
    """A tool, used as its documentation tells, with an index that it keeps in a folder."""

    def prepare(self) -> None:
        """Load the model, so that articles can be indexed."""

    def index(self, articles: list[ArticleRow]) -> int:
        """Cut, encode and keep articles, and be ready to answer; returns how many pieces."""

    def open(self) -> None:
        """Load the model and the index, to answer and to add."""

    def ask(self, question: str) -> list[str]:
        """The texts of the best pieces."""

    def add(self, article: ArticleRow) -> None:
        """Add an article to the index, and keep it."""


@runtime_checkable
class Fillable(Protocol):
    """A tool that can be given pieces whose vectors are known."""

    def fill(self, texts: list[str], vectors: NDArray[np.float32]) -> None:
        """Keep these pieces, without encoding them."""


def main(make: Callable[[str, Path], Tool]) -> None:
    """Do what the command line says with a tool.

    Args:
        make: makes the tool from the model's folder and the index's.
    """
    # What a library prints goes to standard error, so that only answers are on standard output.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    command, model, folder, *rest = sys.argv[1:]
    tool = make(model, Path(folder))
    if command == "serve":
        serve(tool, answers)
        return
    if command == "ask":
        tool.open()
        _say(answers, {"quotes": tool.ask(rest[0])})
        return
    if command == "fill" and isinstance(tool, Fillable):
        tool.prepare()
        texts = json.loads(Path(rest[0]).read_text(encoding="utf-8"))
        tool.fill(texts, np.load(rest[1]))
        return
    articles = read(Path(rest[0]))
    tool.prepare()
    began = time.perf_counter()
    pieces = tool.index(articles)
    seconds = time.perf_counter() - began
    quotes = tool.ask(rest[1]) if command == "first" else []
    _say(answers, {"pieces": pieces, "seconds": seconds, "quotes": quotes})


def serve(tool: Tool, answers: TextIO) -> None:
    """Answer ``{"ask": question}`` and ``{"add": article}``, a line each, until the input ends.

    Each reply tells the seconds that it took. The first line, a ``{}``, says that all is loaded.
    """
    tool.open()
    _say(answers, {})
    for line in sys.stdin:
        wanted = json.loads(line)
        began = time.perf_counter()
        if "ask" in wanted:
            quotes = tool.ask(wanted["ask"])
        else:
            quotes = []
            tool.add(wanted["add"])
        _say(answers, {"seconds": time.perf_counter() - began, "quotes": quotes})


def read(path: Path) -> list[ArticleRow]:
    """Read articles, JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def timed_encoding(encode: Callable[[list[str]], object], path: Path) -> None:
    """Print how long texts take to encode, once the model has seen some.

    Args:
        encode: makes the vectors.
        path: a file with a JSON list of texts.
    """
    texts = json.loads(path.read_text(encoding="utf-8"))
    encode(texts[:64])
    began = time.perf_counter()
    encode(texts)
    print(json.dumps({"seconds": time.perf_counter() - began}))


def _say(answers: TextIO, what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()
