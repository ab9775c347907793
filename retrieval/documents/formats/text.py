"""Plain text: a title line, then the text."""

import re

from retrieval.documents.article import Article, normalise_newlines
from retrieval.documents.formats.article_fields import (
    MAX_LINE,
    ArticleFields,
    Origin,
    make_article,
    strip_blank_lines,
)
from retrieval.errors import ReadingError

_DATED = re.compile(r"date\s+(?P<date>\S+)(?:\s+(?P<title>.*))?", re.IGNORECASE)
# Digits and dashes, or three numbers: meant as a date, be it one or not. "Date 7" is a title.
_LIKE_A_DATE = re.compile(r"\d+(?:-\d*)+|\d+(?:[-/.]\d+){2}\S*")


def parse_text(content: str, origin: Origin) -> Article:
    """Make an article of a ``.txt`` file.

    Args:
        content: the file's characters. The first line that is not blank is
            ``date YYYY-MM-DD Title`` or just a title; the text follows, with or without a blank
            line between.

    Returns:
        The article; its text has lost the blank lines around it and nothing else.

    Raises:
        ReadingError: there is no title line, no text, or the date is none.
    """
    whole = normalise_newlines(content)
    body = strip_blank_lines(whole)
    line_number = whole[: len(whole) - len(whole.lstrip())].count("\n") + 1
    place = f"{origin.place}:{line_number}"
    first, _, rest = body.partition("\n")
    title_line = first.strip()
    if len(title_line) > MAX_LINE:
        problem = f"the first line has {len(title_line):,} characters; it should be a title"
        raise ReadingError(place, problem)
    text = strip_blank_lines(rest)
    if not text:
        raise ReadingError(origin.place, "has a title but no text")
    fields = _title_and_date(title_line, place)
    return make_article(
        ArticleFields(id=origin.id, title=fields.title, date=fields.date, text=text), place
    )


def _title_and_date(line: str, place: str) -> ArticleFields:
    dated = _DATED.fullmatch(line)
    if dated is None or not _LIKE_A_DATE.fullmatch(dated["date"]):
        return ArticleFields(title=line)
    if not dated["title"]:
        raise ReadingError(place, "has a date but no title; write: date YYYY-MM-DD Title")
    return ArticleFields(title=dated["title"], date=dated["date"])
