"""What a person who waits is told, on standard error: results alone go to standard output."""

import sys

from bot.cli.visible import one_line


def say(line: str) -> None:
    """Print one line at once."""
    print(one_line(line), file=sys.stderr, flush=True)
