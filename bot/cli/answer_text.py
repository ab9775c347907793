"""An answer as the terminal shows it: colour where there is one, plain text in a pipe."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from bot.terminal_text import escape_controls
from bot.wording import NEAREST, NOT_FOUND, paragraph_range, sureness
from retrieval.answering.answer import Answer, Quote
from retrieval.documents.article import Article

_WIDEST = 100  # columns: longer lines are hard to read
_NARROWEST = 20  # below it words would be cut off; the terminal itself wraps what is wider


def console() -> Console:
    """The terminal, or the pipe, that results are printed to."""
    output = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    output.width = max(_NARROWEST, min(output.width, _WIDEST))
    return output


def show_answer(answer: Answer, output: Console, *, with_question: bool = False) -> None:
    """Print an answer: each quote apart from its citation, and how sure it is.

    Args:
        with_question: print the question first, to tell one answer of many from the next.
    """
    if with_question:
        output.print(Text(escape_controls(" ".join(answer.question.split())), style="bold"))
    if not answer.answered:
        output.print(Text(NOT_FOUND, style="bold yellow"))
        if answer.quotes:
            output.print(Text(NEAREST, style="yellow"))
        # Of what is only near, nothing is to look like the answer.
        show_quotes([replace(quote, answer=None) for quote in answer.quotes], output)
    else:
        show_quotes(answer.quotes, output)
    if answer.answered:
        output.print(Text(sureness(answer.confidence), style="green"))
    if with_question:
        output.print()


def show_quotes(quotes: Sequence[Quote], output: Console, first: int = 1) -> None:
    """Print quotes, each apart from its citation, numbered from ``first``."""
    for number, quote in enumerate(quotes, start=first):
        for line in quote_lines(quote, output.width - 2):
            output.print(Text.assemble(("> ", "cyan"), line), no_wrap=True, crop=False)
        citation = Text(f"[{number}] {citation_line(quote)}", style="dim")
        for line in citation.wrap(output, output.width - 2):
            line.rstrip()
            output.print(Text("  ") + line, no_wrap=True, crop=False)
        output.print()


def citation_line(quote: Quote) -> str:
    article = quote.article
    date = article.date.isoformat() if article.date else "no date"
    parts = [article.title, article.source, date, paragraph_range(quote), article.url]
    if quote.also_in:
        parts.append(f"also in {', '.join(quote.also_in)}")
    return escape_controls(" · ".join(part for part in parts if part))


def source_line(article: Article) -> str:
    """What an article is: title, source, date, address, and its id, with which to see all of it."""
    date = article.date.isoformat() if article.date else "no date"
    parts = [article.title, article.source, date, article.url, article.id]
    return escape_controls(" · ".join(part for part in parts if part))


def quote_lines(quote: Quote, width: int) -> Iterator[Text]:
    """The quote's words, the answer's in bold, wrapped to a width."""
    text, span = quote.article.text, quote.answer
    if span is None:
        styled = Text(escape_controls(quote.text))
    else:
        styled = Text.assemble(
            escape_controls(text[quote.start : span.start]),
            (escape_controls(text[span.start : span.end]), "bold"),
            escape_controls(text[span.end : quote.end]),
        )
    wrapping = Console(width=width)
    for line in styled.wrap(wrapping, width):
        line.rstrip()
        yield line
