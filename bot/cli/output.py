"""What every command prints with: JSON lines, messages on standard error, exit statuses."""

import json
import re
import sys
from collections.abc import Mapping

from bot.terminal_text import escape_controls, one_line

OK = 0
FAILED = 1
"""An error, told in one line on standard error."""
USAGE = 2
NOT_FOUND = 3
"""Asked, and not found in the articles."""
INTERRUPTED = 130
"""As shells count a process that Ctrl-C ended."""

# What json.dumps leaves as it is, but a terminal obeys, a reader of lines takes for the end of
# one, or UTF-8 has no bytes for.
_UNSAFE_IN_JSON = re.compile(
    r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]",
)


def print_json(value: Mapping[str, object]) -> None:
    """Print an object on a line of its own, flushed for whoever reads it line by line."""
    line = json.dumps(value, ensure_ascii=False)
    # These characters can only stand inside a JSON string, where an escape means the same.
    print(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", line), flush=True)


def print_text(text: str) -> None:
    """Print a result to standard output; nothing in it can steer the terminal."""
    print(escape_controls(text))


def print_message(line: str) -> None:
    """Print one line to standard error, flushed; results alone go to standard output."""
    print(one_line(line), file=sys.stderr, flush=True)
