"""Formats an ``Answer`` as the text of one Discord message; pure functions.

A message is plain text. Embeds can be switched off, by people and by servers; Components V2 leave
less room on a phone, cannot be searched or copied, and show nothing in a notification. Everything
that comes from an article, a question or an error is escaped, so that Discord shows its characters
and does nothing with them (no ping, link, format, emoji or timestamp).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.discord.messages.escape import escape, one_line
from bot.discord.messages.limits import MESSAGE_LIMIT, length
from bot.discord.messages.quotation import quotation
from bot.wording import NEAREST, NOT_FOUND, sureness, understood_as
from retrieval.answering.answer import Answer

_QUESTION_SHOWN = 200
_UNDERSTOOD_SHOWN = 90
_REASON_LIMIT = 900


@dataclass(frozen=True, slots=True)
class MessageText:
    """The text of one message.

    Attributes:
        text: at most ``MESSAGE_LIMIT`` characters, as Discord counts them.
        shown: how many of the quotes it shows; the others did not fit.
    """

    text: str
    shown: int


def format_answer(
    answer: Answer, *, show_question: bool = False, message_url: str | None = None, note: str = ""
) -> MessageText:
    """Write an answer as one message, which says how the question was understood if not as typed.

    A quote that does not fit is left out as a whole, and the message says how many were.

    Args:
        show_question: begin with the question, for where the channel does not show it.
        message_url: of the message that was looked up, for the first line.
        note: a first line, in Markdown.
    """
    head = [note] if note else []
    if message_url:
        head.append(f"About [this message]({message_url}):")
    if show_question:
        head.append(f"**{format_question(answer.question)}**")
    if answer.understood and (taken := understood_as(answer.understood)):
        head.append(f"-# {escape(one_line(taken, _UNDERSTOOD_SHOWN))}")
    if answer.answered:
        head.append(sureness(answer.confidence))
    else:
        head.append(NOT_FOUND)
        if answer.quotes:
            head.append(NEAREST)
    quotations = [
        # In passages that are only near, nothing may look like the answer.
        quotation(quote, number, answers=answer.answered)
        for number, quote in enumerate(answer.quotes, start=1)
    ]
    return fit_quotations("\n".join(head), quotations)


def fit_quotations(head: str, quotations: Sequence[str]) -> MessageText:
    """Append as many whole quotations as fit into one message, and say how many did not."""
    message = head
    total = len(quotations)
    for index, each in enumerate(quotations):
        longer = message + ("\n\n" if index else "\n") + each
        left_out = f"\n\n-# {total - index} of {total} quotes did not fit in one message."
        room = 0 if index + 1 == total else len(left_out)
        if length(longer) + room > MESSAGE_LIMIT:
            return MessageText(message + left_out, index)
        message = longer
    return MessageText(message, total)


def format_question(question: str) -> str:
    """A question on one line, escaped and shortened."""
    return escape(one_line(question, _QUESTION_SHOWN))


def format_error(message: str) -> str:
    """An error's message on one line, escaped and shortened."""
    return escape(one_line(message, _REASON_LIMIT))
