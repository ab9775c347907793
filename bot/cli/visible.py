"""Makes text from anywhere safe to print: nothing in it can steer the terminal."""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """A text in which nothing can steer the terminal or turn the direction of what follows.

    Control characters show as their pictures (``ESC`` as ``␛``); JSON has them escaped.
    """

    def picture(found: re.Match[str]) -> str:
        code = ord(found[0])
        return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"

    return _CONTROLS.sub(picture, text)


def one_line(text: str) -> str:
    """The same on one line, for messages: they name files, and files can be named anything."""
    return visible(" ".join(text.splitlines()))
