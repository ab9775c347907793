"""JSON as every command prints it: one object a line."""

import json
import re
from collections.abc import Mapping

# What json.dumps leaves as it is, but a terminal obeys, a reader of lines takes for the end of
# one, or UTF-8 has no bytes for.
_UNSAFE = re.compile(
    r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]",
)


def print_json(value: Mapping[str, object]) -> None:
    """Print an object on a line of its own, and at once, for whoever reads it line by line."""
    line = json.dumps(value, ensure_ascii=False)
    # These characters can only stand inside a JSON string, where an escape means the same.
    print(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line), flush=True)
