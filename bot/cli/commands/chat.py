"""``quoth chat``: a conversation on the command line."""

import contextlib
import io
import sys
from collections.abc import Iterator

import click

from bot.cli.options import library_option
from bot.cli.output import OK, print_message
from retrieval.errors import QuestionError

_PROMPT = "? "


@click.command()
@click.option("--top", type=click.IntRange(1, 50), default=3, show_default=True, help="Quotes.")
@library_option
def chat(top: int, library: str | None) -> int:
    """Ask and answer in turn; understands questions by those before them."""
    from bot import settings
    from bot.cli.answer_text import console
    from bot.cli.chat_session import ChatSession
    from bot.cli.startup import open_answerer

    if sys.stdin is None:  # as in a shell's <&-
        raise QuestionError("standard input is closed; there is nothing to read questions from")
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    answerer = open_answerer(settings.load(library))
    try:
        session = ChatSession(answerer, console(), top, with_question=not is_terminal)
        lines = _typed_lines() if is_terminal else sys.stdin
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        if is_terminal:
            session.show_help()
        for line in lines:
            if line.strip() == "/quit":
                break
            try:
                session.handle(line.strip())
            except QuestionError as error:
                print_message(f"quoth: {error}")
            except KeyboardInterrupt:  # ends this answer, not the conversation
                if not is_terminal:
                    raise
                print()
    finally:
        answerer.close()
    return OK


def _typed_lines() -> Iterator[str]:
    """The lines that a person types, with line editing and a history where there is readline."""
    with contextlib.suppress(ImportError):  # not on every system; input() goes without
        import readline  # noqa: F401 - input() uses it once it is there
    while True:
        try:
            yield input(_PROMPT)
        except EOFError:
            print()
            return
        except KeyboardInterrupt:  # ends this line
            print()
