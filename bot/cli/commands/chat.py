"""``quoth chat``: a conversation on the command line."""

import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from bot import settings
from bot.cli.answer_text import console, show_answer, show_quotes, source_line
from bot.cli.exit_status import OK
from bot.cli.say import say
from bot.cli.visible import visible
from bot.startup import open_answerer
from bot.wording import understood_as
from retrieval.answering.answer import Quote
from retrieval.answering.answerer import Answerer
from retrieval.answering.conversation import Turn
from retrieval.errors import QuestionError

_PROMPT = "? "
_MOST = 30  # quotes that a question asks for; /more shows them, a few at a time

_COMMANDS = {
    "/sources": "the articles that the answer is from",
    "/more": "more quotes for the last question",
    "/forget": "the next question has nothing to do with those before",
    "/quit": "or Ctrl-D: the end",
}


def run(top: int, library: str | None) -> int:
    """Ask and answer in turn until the end, and return the exit status."""
    if sys.stdin is None:  # as in a shell's <&-
        raise QuestionError("standard input is closed; there is nothing to read questions from")
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    answerer = open_answerer(settings.load(library))
    try:
        chat = Chat(answerer, console(), top, with_question=not at_terminal)
        lines = _typed() if at_terminal else sys.stdin
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        if at_terminal:
            chat.help()
        for line in lines:
            if line.strip() == "/quit":
                break
            try:
                chat.take(line.strip())
            except QuestionError as error:
                say(f"quoth: {error}")
            except KeyboardInterrupt:  # enough of this answer, not of the conversation
                if not at_terminal:
                    raise
                print()
    finally:
        answerer.close()
    return OK


def _typed() -> Iterator[str]:
    """The lines that a person types, who can edit them and go back to earlier ones."""
    with contextlib.suppress(ImportError):  # not on every system; input() goes without
        import readline  # noqa: F401 - input() uses it once it is there
    while True:
        try:
            yield input(_PROMPT)
        except EOFError:
            print()
            return
        except KeyboardInterrupt:  # enough of this line
            print()


class Chat:
    """A conversation.

    Args:
        answerer: answers its questions.
        output: where to.
        top: how many quotes are shown at once.
        with_question: print each question, to tell one answer from the next where nobody types.
    """

    def __init__(
        self, answerer: Answerer, output: Console, top: int, *, with_question: bool
    ) -> None:
        self._answerer = answerer
        self._output = output
        self._top = top
        self._with_question = with_question
        self._turns: list[Turn] = []
        self._quotes: Sequence[Quote] = ()
        self._shown = 0

    def take(self, line: str) -> None:
        """Answer a question, or do as a command says; a blank line is nothing.

        Raises:
            QuestionError: it cannot be asked.
        """
        if line == "/sources":
            self._sources()
        elif line == "/more":
            self._more()
        elif line == "/forget":
            self._turns.clear()
            self._grey("Forgotten.")
        elif line.startswith("/"):
            self.help()
        elif line:
            self._ask(line)

    def help(self) -> None:
        """Say what can be typed."""
        for name, meaning in {"a question": "and whatever comes of it", **_COMMANDS}.items():
            self._grey(f"{name:10} {meaning}")

    def _ask(self, question: str) -> None:
        answer = self._answerer.ask(question, _MOST, history=self._turns)
        self._turns.append(answer.turn)
        self._quotes, self._shown = answer.quotes, min(self._top, len(answer.quotes))
        if self._with_question:
            self._output.print(Text(visible(answer.question), style="bold"))
        if answer.understood and (taken := understood_as(answer.understood)):
            self._grey(taken)
        few = replace(answer, quotes=answer.quotes[: self._top])
        show_answer(few, self._output)

    def _more(self) -> None:
        more = self._quotes[self._shown : self._shown + self._top]
        if not more:
            self._grey("No more quotes." if self._quotes else "Nothing was quoted yet.")
        show_quotes(more, self._output, first=self._shown + 1)
        self._shown += len(more)

    def _sources(self) -> None:
        shown = self._quotes[: self._shown]
        if not shown:
            self._grey("Nothing was quoted yet.")
        for line in dict.fromkeys(source_line(quote.article) for quote in shown):
            self._output.print(Text(line))

    def _grey(self, line: str) -> None:
        self._output.print(Text(visible(line), style="bright_black"))
