"""What an answer looks like in Discord: pure functions from an ``Answer`` to a message's text.

A message is plain text, not an embed: people can switch embeds off, and servers can forbid
them. Everything that comes from an article, a question or an error is escaped, so that Discord
shows its characters and does nothing with them (no ping, link, format, emoji or timestamp).
"""

from bot.discord.inert import (
    escape,
    escaped_characters,
    escaped_title,
    length,
    one_line,
    safe_url,
)
from bot.wording import NEAREST, NOT_FOUND, paragraph_range, sureness
from retrieval.answer import Answer, Quote

MESSAGE_LIMIT = 2000
"""The longest message that Discord takes."""

_QUESTION_SHOWN = 200
_TITLE_SHOWN = 100
_REASON_LIMIT = 900


def format_answer(answer: Answer, *, show_question: bool = False) -> str:
    """Write an answer as one message.

    Quotes that no longer fit are left out whole, with their citations, and that is said.

    Args:
        answer: what to show.
        show_question: begin with the question, for where the channel does not show it.

    Returns:
        At most ``MESSAGE_LIMIT`` characters, as Discord counts them.
    """
    head = []
    if show_question:
        head.append(f"**{escape(one_line(answer.question, _QUESTION_SHOWN))}**")
    if answer.answered:
        head.append(sureness(answer.confidence))
    else:
        head.append(NOT_FOUND)
        if answer.quotes:
            head.append(NEAREST)
    message = "\n".join(head)
    total = len(answer.quotes)
    for index, quote in enumerate(answer.quotes):
        longer = message + ("\n\n" if index else "\n") + _quotation(quote, index + 1)
        left_out = f"\n\n-# {total - index} of {total} quotes did not fit in one message."
        room = 0 if index + 1 == total else len(left_out)
        if length(longer) + room > MESSAGE_LIMIT:
            return message + left_out
        message = longer
    return message


def format_reason(reason: str) -> str:
    """Write the reason why there is no answer as one message of one line."""
    return escape(one_line(reason, _REASON_LIMIT))


def _quotation(quote: Quote, number: int) -> str:
    """The quoted words, the answer among them in bold, and below them the citation."""
    lines = []
    line_start = quote.start
    for line in quote.text.splitlines(keepends=True):
        words = line.splitlines()[0]
        characters = escaped_characters(words)
        if quote.answer is not None:
            start = max(quote.answer.start - line_start, 0)
            end = min(quote.answer.end - line_start, len(words))
            # Bold marks with a space inside them are not bold marks.
            bold = [i for i in range(start, end) if not words[i].isspace()]
            if bold:
                characters[bold[0]] = "**" + characters[bold[0]]
                characters[bold[-1]] += "**"
        lines.append("> " + "".join(characters))
        line_start += len(line)
    return "\n".join([*lines, _citation(quote, number)])


def _citation(quote: Quote, number: int) -> str:
    article = quote.article
    parts = [f"\\[{number}\\] {escaped_title(article.title, _TITLE_SHOWN)}"]
    if article.date is not None:
        parts.append(article.date.isoformat())
    parts.append(paragraph_range(quote))
    if quote.also_in:
        others = len(quote.also_in)
        parts.append(f"also in: {others} other article{'s' if others > 1 else ''}")
    if url := safe_url(article.url):
        # The title itself cannot be the link: within a link's label Discord neither shows
        # formatting characters as they are nor obeys backslashes. <> means: no preview.
        parts.append(f"[read](<{url}>)")
    return "-# " + " · ".join(parts)
