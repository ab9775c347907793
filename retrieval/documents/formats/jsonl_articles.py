"""JSON lines: one article a line, read line by line, so that a file may be of any size.

Questions with their accepted answers are kept as JSON lines too, and may lie beside the articles
that they are about: a line that is one is passed over.
"""

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from io import BufferedIOBase

from retrieval.documents.article import Article, single_line
from retrieval.documents.formats.article_fields import ArticleFields, Origin, make_article, safe_url
from retrieval.documents.formats.decoding import TOO_LONG
from retrieval.documents.formats.jsonl_objects import read_jsonl_objects
from retrieval.errors import ReadingError

_TITLE_LENGTH = 80


def read_jsonl_articles(file: BufferedIOBase, origin: Origin) -> Iterator[Article | ReadingError]:
    """Read one article after the other; one line at a time is in memory.

    Args:
        file: the file at its start, unpacked as it is read if it is a ``.gz``.

    Yields:
        An article for each good line and an error for each bad one, in the file's order; nothing
        at all for a file of questions. A file that cannot be read further gives an error at the
        line reached, and ends there.
    """
    line_of_id: dict[str, str] = {}
    empty = True
    for place, read in read_jsonl_objects(file, origin.place, TOO_LONG):
        empty = False
        if isinstance(read, dict) and _is_question(read):
            continue
        result = read if isinstance(read, ReadingError) else _read_article(read, place, origin)
        if isinstance(result, Article):
            first = line_of_id.setdefault(result.id, place)
            if first != place:
                line = first.rpartition(":")[2]
                problem = f"line {line} has the id '{result.id}' too; give each its own"
                result = ReadingError(place, problem)
        yield result
    if empty:
        yield ReadingError(origin.place, "empty")


def _is_question(values: dict[str, object]) -> bool:
    """Whether it is a question with its accepted answers; nothing with a text is."""
    labelled = isinstance(values.get("question"), str) and isinstance(values.get("answers"), list)
    return labelled and "text" not in values


def _read_article(values: dict[str, object], place: str, origin: Origin) -> Article | ReadingError:
    try:
        return make_article(_fill_in(ArticleFields.from_mapping(values, place), origin), place)
    except ReadingError as error:
        return error


def _fill_in(fields: ArticleFields, origin: Origin) -> ArticleFields:
    """The fields with an id and a title, generated where the line has none.

    The id is made of the article, not of its line number, so that it stays the same when lines
    are added before it.
    """
    named_by = safe_url(fields.url) or f"{fields.title}\n{fields.date or ''}"
    if fields.title is None and safe_url(fields.url) is None:
        named_by = fields.text or ""
    # Half a character cannot be hashed as UTF-8; make_article refuses it afterwards.
    digest = hashlib.sha256(named_by.encode(errors="surrogatepass")).hexdigest()
    identifier = fields.id or f"{origin.name}-{digest[:12]}"
    title = fields.title or _first_words(fields.text or "") or identifier
    return dataclasses.replace(fields, id=identifier, title=title)


def _first_words(text: str) -> str:
    """The beginning of a text's first line, cut between words."""
    # Cut before it is cleaned, which takes seconds on megabytes.
    line = single_line(re.split(r"[\r\n]", text.lstrip()[: _TITLE_LENGTH * 10], maxsplit=1)[0])
    if len(line) <= _TITLE_LENGTH:
        return line
    return line[: _TITLE_LENGTH + 1].rpartition(" ")[0] or line[:_TITLE_LENGTH]
