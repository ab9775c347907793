"""Escapes Markdown, mentions and links in untrusted text.

Everything that comes from an article, a question or an error goes through here before it is sent:
Discord makes no ping, link, format, heading, emoji or timestamp of it.
"""

import re
import unicodedata
from urllib.parse import quote as percent_encode
from urllib.parse import urlsplit

_URL_LIMIT = 300

# With a backslash before it, Discord shows any of these as itself. Beyond the marks of Markdown:
# < begins mentions, timestamps and custom emoji, @ pings, the colon and the slash make links,
# invitations and emoji names, and & might be read as HTML by some client.
_SPECIAL = frozenset("\\*_~|`<>#@:/[]&")

# What makes a list, a heading or a small line of the line that it begins; its last character is
# the one to escape. Elsewhere these are ordinary, and people who copy the text get fewer
# backslashes with it.
_LINE_MARKER = re.compile(r"\s*(?:[-+=]|\d+[.)])")

# Within a link's label Discord neither shows formatting characters as they are nor obeys
# backslashes. A colon or an ampersand before a space begins nothing.
_NO_LABEL = re.compile(r"[\\*_~|`<>#@/\[\]]|[:&](?! )")

# Invisible; in a title they could reverse or hide the citation around it. A quote keeps its own:
# their effect ends with its line, and the citation is on another.
_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    r"""Escape what Discord would interpret.

    Args:
        text: any text; every kind of line end in it becomes ``\n``.

    Returns:
        The text with backslashes. Not for the label of a masked link: Discord shows them there.
    """
    return "\n".join("".join(escaped_characters(line)) for line in text.splitlines())


def escaped_characters(line: str) -> list[str]:
    """The characters of one line, each with its backslash where it needs one."""
    marker = _LINE_MARKER.match(line)
    marked = marker.end() - 1 if marker else None
    return ["\\" + c if c in _SPECIAL or i == marked else c for i, c in enumerate(line)]


def escaped_title(title: str, limit: int) -> str:
    """A title on one line, escaped, with its text direction isolated."""
    shown = _title(title, limit)
    return _isolated(escape(shown), shown)


def link_label(title: str, limit: int) -> str | None:
    """A title as the label of a masked link, or None where a label cannot show it unchanged."""
    shown = _title(title, limit)
    return None if not shown or _NO_LABEL.search(shown) else _isolated(shown, shown)


def _title(title: str, limit: int) -> str:
    return one_line(_DIRECTION_CONTROLS.sub("", title), limit)


def _isolated(markup: str, shown: str) -> str:
    """Isolate right-to-left text, so that the date and ¶ after it keep their order."""
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in shown):
        return f"\u2068{markup}\u2069"
    return markup


def one_line(text: str, limit: int) -> str:
    """A text on one line, of at most ``limit`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def safe_url(url: str | None) -> str | None:
    """A URL, encoded so that it cannot end the link around it; None for what is no web address."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    encoded = percent_encode(parts.geturl(), safe="%/?#:&=+,;$!")
    return encoded if len(encoded) <= _URL_LIMIT else None
