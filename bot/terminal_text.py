"""Text from anywhere, made safe to print to a terminal or a log."""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escape_controls(text: str) -> str:
    """Replace control characters and those that set the direction of text.

    Control characters become their pictures (``ESC`` becomes ``␛``), the others "�".
    """

    def picture(found: re.Match[str]) -> str:
        code = ord(found[0])
        return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"

    return _CONTROLS.sub(picture, text)


def one_line(text: str) -> str:
    """The same, with line ends as spaces: a file that a message names can be named anything."""
    return escape_controls(" ".join(text.splitlines()))
