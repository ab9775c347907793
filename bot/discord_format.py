"""What an answer looks like in Discord: pure functions from an ``Answer`` to a message's text.

A message is plain text, not an embed: people can switch embeds off, and servers can forbid
them. Everything that comes from an article, a question or an error is escaped, so that Discord
shows its characters and does nothing with them (no ping, link, format, emoji or timestamp).
"""

import re
import unicodedata
from urllib.parse import quote as percent_encode
from urllib.parse import urlsplit

from bot.wording import NEAREST, NOT_FOUND, paragraph_range, sureness
from retrieval.answer import Answer, Quote

MESSAGE_LIMIT = 2000
"""The longest message that Discord takes."""

_QUESTION_SHOWN = 200
_TITLE_SHOWN = 100
_URL_LIMIT = 300
_REASON_LIMIT = 900

# With a backslash before it, Discord shows any of these as itself. Beyond the marks of Markdown:
# < begins mentions, timestamps and custom emoji, @ pings, the colon and the slash make links,
# invitations and emoji names, and & might be read as HTML by some client.
_SPECIAL = frozenset("\\*_~|`<>#@:/[]&")

# What makes a list, a heading or a small line of the line that it begins; its last character is
# the one to escape. Elsewhere these are ordinary, and people who copy the text get fewer
# backslashes with it.
_LINE_MARKER = re.compile(r"\s*(?:[-+=]|\d+[.)])")

# They could make a title swallow or reverse the citation around it, and show nothing themselves.
# A quote keeps its own: their effect ends with its line, and the citation is on another.
_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    r"""Make Discord show these characters, and only show them.

    Args:
        text: anything; every kind of line end in it becomes ``\n``.

    Returns:
        The text with backslashes before what Discord would act on. Not for the label of a
        masked link: Discord shows the backslashes there.
    """
    return "\n".join("".join(_escaped(line)) for line in text.splitlines())


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
        head.append(f"**{escape(_one_line(answer.question, _QUESTION_SHOWN))}**")
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
        if _length(longer) + room > MESSAGE_LIMIT:
            return message + left_out
        message = longer
    return message


def format_reason(reason: str) -> str:
    """Write the reason why there is no answer as one message of one line."""
    return escape(_one_line(reason, _REASON_LIMIT))


def _quotation(quote: Quote, number: int) -> str:
    """The quoted words, the answer among them in bold, and below them the citation."""
    lines = []
    line_start = quote.start
    for line in quote.text.splitlines(keepends=True):
        words = line.splitlines()[0]
        characters = _escaped(words)
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
    parts = [f"\\[{number}\\] {_title(article.title)}"]
    if article.date is not None:
        parts.append(article.date.isoformat())
    parts.append(paragraph_range(quote))
    if quote.also_in:
        others = len(quote.also_in)
        parts.append(f"also in: {others} other article{'s' if others > 1 else ''}")
    if url := _safe_url(article.url):
        # The title itself cannot be the link: within a link's label Discord neither shows
        # formatting characters as they are nor obeys backslashes. <> means: no preview.
        parts.append(f"[read](<{url}>)")
    return "-# " + " · ".join(parts)


def _title(title: str) -> str:
    shown = _one_line(_DIRECTION_CONTROLS.sub("", title), _TITLE_SHOWN)
    escaped = escape(shown)
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in shown):
        # Isolated, a title that runs from right to left leaves the date and ¶ in their order.
        return f"\u2068{escaped}\u2069"
    return escaped


def _safe_url(url: str | None) -> str | None:
    """A web address that cannot end the link around it, or None for what should be no link."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    encoded = percent_encode(parts.geturl(), safe="%/?#:&=+,;$!")
    return encoded if len(encoded) <= _URL_LIMIT else None


def _escaped(line: str) -> list[str]:
    """The characters of one line, each with its backslash where it needs one."""
    marker = _LINE_MARKER.match(line)
    marked = marker.end() - 1 if marker else None
    return ["\\" + c if c in _SPECIAL or i == marked else c for i, c in enumerate(line)]


def _one_line(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _length(message: str) -> int:
    # In UTF-16, where an emoji counts as two: whichever way Discord counts, it is not more.
    return len(message.encode("utf-16-le")) // 2
