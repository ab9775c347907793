"""JSON lines: one article a line, read line by line, so that a file may be of any size.

Questions with their accepted answers are kept as JSON lines too, and may lie beside the articles
that they are about: a line that is one is passed over.
"""

import dataclasses
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from io import BufferedIOBase

from retrieval.article import Article, clean_line
from retrieval.errors import ReadingError
from retrieval.reading.decoding import MAX_BYTES, TOO_LONG, UTF16, decode, is_utf16, unreadable
from retrieval.reading.fields import Fields, Origin, clean_url, make_article

_TITLE_LENGTH = 80
_CHUNK = 1 << 20


def read_jsonl(file: BufferedIOBase, origin: Origin) -> Iterator[Article | ReadingError]:
    """Read one article after the other; one line at a time is in memory.

    Args:
        file: the file at its start, unpacked as it is read if it is a ``.gz``.
        origin: where it comes from.

    Yields:
        An article for each good line and an error for each bad one, in the file's order; nothing
        at all for a file of questions. A file that cannot be read further gives an error at the
        line reached, and ends there.
    """
    line_of_id: dict[str, int] = {}
    number = 0
    empty = True
    while True:
        number += 1
        place = f"{origin.place}:{number}"
        try:
            line = file.readline(MAX_BYTES + 1)
            too_long = len(line) > MAX_BYTES and not line.endswith(b"\n")
            if too_long:
                _skip_line(file)
        except (OSError, EOFError, zlib.error) as error:
            yield ReadingError(place, _why_unreadable(error))
            return
        if not line:
            break
        if number == 1 and is_utf16(line):  # then no line of it can be read
            yield ReadingError(origin.place, UTF16)
            return
        read = ReadingError(place, TOO_LONG) if too_long else _read_line(line, place)
        if read is None:
            continue
        empty = False
        if isinstance(read, dict) and _is_question(read):
            continue
        result = read if isinstance(read, ReadingError) else _read_article(read, place, origin)
        if isinstance(result, Article):
            first = line_of_id.setdefault(result.id, number)
            if first != number:
                problem = f"line {first} has the id '{result.id}' too; give each its own"
                result = ReadingError(place, problem)
        yield result
    if empty:
        yield ReadingError(origin.place, "empty")


def _read_line(line: bytes, place: str) -> dict[str, object] | ReadingError | None:
    """Read the object on one line, or say why not; None for a blank line."""
    try:
        content = decode(line, place)
        return _json_object(content, place) if content.strip() else None
    except ReadingError as error:
        return error


def _is_question(values: dict[str, object]) -> bool:
    """Whether it is a question with its accepted answers; nothing with a text is."""
    labelled = isinstance(values.get("question"), str) and isinstance(values.get("answers"), list)
    return labelled and "text" not in values


def _read_article(values: dict[str, object], place: str, origin: Origin) -> Article | ReadingError:
    """Make an article of one line's object, or say why not."""
    try:
        return make_article(_fill_in(Fields.from_mapping(values, place), origin), place)
    except ReadingError as error:
        return error


def _json_object(content: str, place: str) -> dict[str, object]:
    """Parse one line."""
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


def _fill_in(fields: Fields, origin: Origin) -> Fields:
    """Find an id and a title for an article that has none.

    The id is made of the article, not of its line number, so that it stays the same when lines
    are added before it.
    """
    named_by = clean_url(fields.url) or f"{fields.title}\n{fields.date or ''}"
    if fields.title is None and clean_url(fields.url) is None:
        named_by = fields.text or ""
    # Half a character cannot be hashed as UTF-8; make_article refuses it afterwards.
    digest = hashlib.sha256(named_by.encode(errors="surrogatepass")).hexdigest()
    identifier = fields.id or f"{origin.name}-{digest[:12]}"
    title = fields.title or _first_words(fields.text or "") or identifier
    return dataclasses.replace(fields, id=identifier, title=title)


def _first_words(text: str) -> str:
    """Give the beginning of a text's first line, cut at a word."""
    # Cut before it is cleaned, which takes seconds on megabytes.
    line = clean_line(re.split(r"[\r\n]", text.lstrip()[: _TITLE_LENGTH * 10], maxsplit=1)[0])
    if len(line) <= _TITLE_LENGTH:
        return line
    return line[: _TITLE_LENGTH + 1].rpartition(" ")[0] or line[:_TITLE_LENGTH]


def _skip_line(file: BufferedIOBase) -> None:
    """Read to the end of the line without keeping it."""
    while (chunk := file.readline(_CHUNK)) and not chunk.endswith(b"\n"):
        pass


def _why_unreadable(error: Exception) -> str:
    """Say what is wrong with a file that could be opened but not read to its end."""
    if isinstance(error, EOFError):
        return "the gzip file is cut short here; get it again"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return "the gzip file is damaged here; get it again"
    return unreadable(error)
