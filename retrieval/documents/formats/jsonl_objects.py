"""JSON lines: one object a line, whatever it holds, streamed, so that a file may be of any size."""

import gzip
import json
import zlib
from collections.abc import Iterator
from io import BufferedIOBase, BufferedReader

from retrieval.documents.formats.decoding import MAX_BYTES, UTF16, decode, is_utf16, read_failure
from retrieval.errors import ReadingError

_CHUNK = 1 << 20

Line = tuple[str, dict[str, object] | ReadingError]
"""Its place, as ``file:line``, and its object, or the error in it."""


def read_jsonl_objects(file: BufferedIOBase, name: str, too_long: str) -> Iterator[Line]:
    """Read the lines that are not blank; one at a time is in memory.

    Args:
        file: the file at its start, unpacked as it is read if it is a ``.gz``.
        name: what to call it in errors.
        too_long: what is wrong with a line of more than ``MAX_BYTES``.

    Yields:
        Each line, in order. A file that cannot be read further gives an error at the line
        reached, and ends there; one without any such line gives nothing.
    """
    number = 0
    blank = 0
    while True:
        number += 1 + blank
        place = f"{name}:{number}"
        try:
            line = file.readline(MAX_BYTES + 1)
            longer = len(line) > MAX_BYTES and not line.endswith(b"\n")
            if longer:
                _skip_line(file)
            blank = _skip_blank_lines(file) if line.isspace() else 0
        except (OSError, EOFError, zlib.error) as error:
            yield place, ReadingError(place, _why_unreadable(error))
            return
        if not line:
            return
        if number == 1 and is_utf16(line):  # then no line of it can be read
            yield name, ReadingError(name, UTF16)
            return
        read = ReadingError(place, too_long) if longer else _read_line(line, place)
        if read is not None:
            yield place, read


def _read_line(line: bytes, place: str) -> dict[str, object] | ReadingError | None:
    """The object on one line, or the error in it; None for a blank line."""
    try:
        content = decode(line, place)
        return _json_object(content, place) if content.strip() else None
    except ReadingError as error:
        return error


def _json_object(content: str, place: str) -> dict[str, object]:
    """Parse one line. Raises ReadingError where it is no JSON object."""
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        problem = f"not a JSON object: {error.msg} (character {error.pos + 1:,})"
        raise ReadingError(place, problem) from None
    except ValueError:  # Python's limit on the digits of a whole number
        raise ReadingError(place, "not a JSON object: a number has too many digits") from None
    except RecursionError:
        raise ReadingError(place, "not a JSON object: nested too deeply") from None
    if not isinstance(value, dict):
        raise ReadingError(place, "not a JSON object: one is written {…}")
    return value


def _skip_line(file: BufferedIOBase) -> None:
    while (chunk := file.readline(_CHUNK)) and not chunk.endswith(b"\n"):
        pass


def _skip_blank_lines(file: BufferedIOBase) -> int:
    """Pass over the blank lines that stand next, as many as are in memory, and count them.

    A hundred million of them are packed into a file of a hundred kilobytes.
    """
    if not isinstance(file, BufferedReader | gzip.GzipFile):
        return 0
    ahead = file.peek(_CHUNK)
    blank = ahead[: len(ahead) - len(ahead.lstrip())]
    return blank[: len(file.read(blank.rfind(b"\n") + 1))].count(b"\n")


def _why_unreadable(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the gzip file is cut short here; get it again"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return "the gzip file is damaged here; get it again"
    return read_failure(error)
