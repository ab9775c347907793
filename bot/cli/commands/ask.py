"""``quoth ask``: questions from the command line or from standard input."""

import datetime
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

import click

from bot.cli.options import Day, Utf8Text, json_option, library_option
from bot.cli.output import FAILED, NOT_FOUND, OK, print_json, print_message
from retrieval.errors import QuestionError

if TYPE_CHECKING:
    from retrieval.answering.answer import Answer
    from retrieval.answering.conversation import Turn

_LONGEST_LINE = 100_000  # bytes


@click.command()
@click.argument("question", type=Utf8Text())
@click.option("--top", type=click.IntRange(1, 50), default=3, show_default=True, help="Quotes.")
@click.option("--since", type=Day(last=False), help="Only articles of this day or later.")
@click.option("--until", type=Day(last=True), help="Only articles of this day or earlier.")
@click.option("--source", type=Utf8Text(), help="Only articles of this source.")
@json_option
@library_option
def ask(
    question: str,
    top: int,
    since: datetime.date | None,
    until: datetime.date | None,
    source: str | None,
    as_json: bool,
    library: str | None,
) -> int:
    """Answer QUESTION, or each line of standard input where it is "-"."""
    from bot import settings
    from bot.cli.startup import open_answerer

    many = question == "-"
    if many and sys.stdin is None:  # as in a shell's <&-
        raise QuestionError("standard input is closed; there is nothing to read questions from")
    answerer = open_answerer(settings.load(library))
    # Imported here because the models load meanwhile.
    from retrieval.library.filter import Filter

    within = Filter(since, until, source)
    show = _json_printer() if as_json else _text_printer(with_question=many)

    def answer(text: str, history: "Sequence[Turn]" = ()) -> "Answer":
        return answerer.ask(text, top, within, history=history)

    def answer_line(line: str) -> "Answer":
        return answer(*_parse_question(line)) if as_json and line.startswith("{") else answer(line)

    try:
        if many:
            return _answer_lines(answer_line, show, as_json=as_json)
        found = answer(question)
        show(found)
        return OK if found.answered else NOT_FOUND
    finally:
        answerer.close()


def _answer_lines(
    answer: "Callable[[str], Answer]", show: "Callable[[Answer], None]", *, as_json: bool
) -> int:
    """Answer each line of standard input; one that cannot be asked does not stop the rest."""
    status = OK
    # Bytes that are not UTF-8 are shown as such instead of ending the run, and a line without
    # an end is told to be too long instead of filling the memory.
    lines = (line.decode("utf-8", "replace").strip() for line in _lines(sys.stdin.buffer))
    for line in filter(None, lines):
        try:
            found = answer(line)
        except QuestionError as error:
            print_message(f"quoth: {error}")
            if as_json:  # so that the n-th object stays the n-th question's
                print_json({"question": line, "error": str(error)})
            status = FAILED
            continue
        show(found)
        if not found.answered and status == OK:
            status = NOT_FOUND
    return status


def _parse_question(line: str) -> "tuple[str, tuple[Turn, ...]]":
    """Parse ``{"question": "…", "history": ["asked", "answered", …]}``.

    Raises:
        QuestionError: it is something else.
    """
    from retrieval.answering.conversation import parse_history

    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionError("A line that begins with { should be a JSON object.") from error
    question = values.get("question")
    if not isinstance(question, str):
        raise QuestionError("'question' should be a string.")
    return question, parse_history(values.get("history", []))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one that is far too long for a question, the beginning."""
    while line := stream.readline(_LONGEST_LINE):
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(_LONGEST_LINE)


def _json_printer() -> "Callable[[Answer], None]":
    from bot.cli.answer_json import answer_as_json

    return lambda answer: print_json(answer_as_json(answer))


def _text_printer(*, with_question: bool) -> "Callable[[Answer], None]":
    from bot.cli.answer_text import console, show_answer

    output = console()
    return lambda answer: show_answer(answer, output, with_question=with_question)
