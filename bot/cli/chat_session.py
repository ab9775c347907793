"""A conversation in the terminal: questions, and commands such as ``/more``."""

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from bot.cli.answer_text import show_answer, show_quotes, source_line
from bot.terminal_text import escape_controls
from bot.wording import understood_as
from retrieval.answering.answer import Quote
from retrieval.answering.answerer import Answerer
from retrieval.answering.conversation import Turn

_OVERFETCH = 30  # quotes that a question asks for; /more shows them, a few at a time

_COMMANDS = {
    "/sources": "the articles that the answer is from",
    "/more": "more quotes for the last question",
    "/forget": "the next question has nothing to do with those before",
    "/quit": "or Ctrl-D: the end",
}


class ChatSession:
    """One conversation: its turns so far and the quotes of the last answer.

    Args:
        top: how many quotes are shown at once.
        with_question: print each question before its answer, for input that is not typed.
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

    def handle(self, line: str) -> None:
        """Answer a question or run a command; a blank line is ignored.

        Raises:
            QuestionError: it cannot be asked.
        """
        if line == "/sources":
            self._sources()
        elif line == "/more":
            self._more()
        elif line == "/forget":
            self._turns.clear()
            self._print_dim("Forgotten.")
        elif line.startswith("/"):
            self.show_help()
        elif line:
            self._ask(line)

    def show_help(self) -> None:
        for name, meaning in {"a question": "and whatever comes of it", **_COMMANDS}.items():
            self._print_dim(f"{name:10} {meaning}")

    def _ask(self, question: str) -> None:
        answer = self._answerer.ask(question, _OVERFETCH, history=self._turns)
        self._turns.append(answer.turn)
        self._quotes, self._shown = answer.quotes, min(self._top, len(answer.quotes))
        if self._with_question:
            self._output.print(Text(escape_controls(answer.question), style="bold"))
        if answer.understood and (note := understood_as(answer.understood)):
            self._print_dim(note)
        few = replace(answer, quotes=answer.quotes[: self._top])
        show_answer(few, self._output)

    def _more(self) -> None:
        more = self._quotes[self._shown : self._shown + self._top]
        if not more:
            self._print_dim("No more quotes." if self._quotes else "Nothing was quoted yet.")
        show_quotes(more, self._output, first=self._shown + 1)
        self._shown += len(more)

    def _sources(self) -> None:
        shown = self._quotes[: self._shown]
        if not shown:
            self._print_dim("Nothing was quoted yet.")
        for line in dict.fromkeys(source_line(quote.article) for quote in shown):
            self._output.print(Text(line))

    def _print_dim(self, line: str) -> None:
        self._output.print(Text(escape_controls(line), style="bright_black"))
