"""Markdown: front matter between ``---`` lines, then the text, quoted as its source stands."""

import dataclasses
import re

import yaml

from retrieval.documents.article import Article, normalise_newlines, single_line
from retrieval.documents.formats.article_fields import (
    MAX_LINE,
    ArticleFields,
    Origin,
    make_article,
    strip_blank_lines,
)
from retrieval.errors import ReadingError

MAX_FRONT_MATTER = 64_000
"""In characters; what is longer is no front matter."""

_MAX_DEPTH = 20

_DASHES = re.compile(r"^---[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r" {0,3}#[ \t]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def parse_markdown(content: str, origin: Origin) -> Article:
    """Make an article of a ``.md`` file.

    Args:
        content: the file's characters: optional YAML front matter (id, title, date, source,
            url; other keys are ignored), then Markdown.

    Returns:
        The article. Its title is the front matter's, else the first ``# heading``, else the
        file's name. Its text is the Markdown to the character, without the blank lines around
        it, and without the heading it begins with where that is the title.

    Raises:
        ReadingError: the front matter cannot be read, or there is no text.
    """
    said, body = _split(normalise_newlines(content), origin.place)
    first, _, rest = body.partition("\n")
    title = said.title or _first_heading(body) or origin.name
    heading = _heading(first)
    # A longer one is no title, and takes seconds to clean.
    if heading and len(heading) <= MAX_LINE and single_line(heading) == single_line(title):
        body = strip_blank_lines(rest)
    if not body:
        raise ReadingError(origin.place, "has a title but no text")
    fields = dataclasses.replace(said, id=said.id or origin.id, title=title, text=body)
    return make_article(fields, origin.place)


def _split(content: str, place: str) -> tuple[ArticleFields, str]:
    """The fields of the front matter, and the text after it."""
    opening = _DASHES.match(content)
    if opening is None:
        return ArticleFields(), strip_blank_lines(content)
    closing = _DASHES.search(content, opening.end(), opening.end() + MAX_FRONT_MATTER)
    if closing is None:
        problem = "front matter begins with --- here, and no --- line ends it within 64 KB"
        raise ReadingError(f"{place}:1", problem)
    front_matter = _top_level(content[opening.end() + 1 : closing.start()], place)
    return ArticleFields.from_mapping(front_matter, place), strip_blank_lines(
        content[closing.end() :]
    )


def _top_level(source: str, place: str) -> dict[str, object]:
    """A YAML mapping's own keys and values, each scalar as the string that is written.

    The values inside lists and mappings are passed over: an article needs none of them. So is
    the usual ``yaml.load``: on front matter made to harm, libyaml's loader overflows the C stack
    (a thousand brackets) and merge keys double without end; and it would make 7 of ``id: 007``.
    """
    values: dict[str, object] = {}
    key: str | None = None
    depth = 0
    try:
        for event in yaml.parse(source, Loader=_LOADER):
            line = event.start_mark.line + 2 if event.start_mark else 1  # the first --- is line 1
            if depth == 0 and isinstance(event, yaml.NodeEvent):
                if not isinstance(event, yaml.MappingStartEvent):
                    raise ReadingError(f"{place}:{line}", "front matter is not 'key: value' lines")
            elif depth == 1 and isinstance(event, yaml.NodeEvent):
                if key is None:
                    key = event.value if isinstance(event, yaml.ScalarEvent) else ""
                else:
                    values[key] = _value(event, key, f"{place}:{line}")
                    key = None
            depth += isinstance(event, yaml.CollectionStartEvent)
            if depth > _MAX_DEPTH:  # the parser's time is quadratic in it
                raise ReadingError(f"{place}:{line}", "front matter is nested too deeply")
            depth -= isinstance(event, yaml.CollectionEndEvent)
    except yaml.YAMLError as error:
        raise _not_yaml(error, source, place) from None
    return values


def _not_yaml(error: yaml.YAMLError, source: str, place: str) -> ReadingError:
    mark = getattr(error, "problem_mark", None)
    # A character that YAML does not allow comes with its place in bytes, and no mark.
    before = source.encode(errors="replace")[: getattr(error, "position", 0)]
    line = (mark.line if mark else before.count(b"\n")) + 2
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    if "nesting depth" in str(reason):  # some builds of libyaml stop by themselves
        return ReadingError(f"{place}:{line}", "front matter is nested too deeply")
    return ReadingError(f"{place}:{line}", f"front matter is not YAML: {single_line(str(reason))}")


def _value(event: yaml.NodeEvent, key: str, place: str) -> object:
    """A scalar as its string; a list or a mapping as an empty one, for its type."""
    if isinstance(event, yaml.ScalarEvent):
        plain_null = not event.style and event.value in ("", "~", "null")
        return None if plain_null else event.value
    if isinstance(event, yaml.AliasEvent) and key in ArticleFields.__slots__:
        raise ReadingError(place, f"'{key}' is a YAML alias; write its value out")
    return [] if isinstance(event, yaml.SequenceStartEvent) else {}


def _first_heading(body: str) -> str | None:
    """The first ``# heading`` that is not in a fenced block of code, or None."""
    fence: str | None = None
    for line in body.split("\n"):
        if mark := _FENCE.match(line):
            if fence is None:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = None
        elif fence is None and (heading := _heading(line)):
            return heading
    return None


def _heading(line: str) -> str | None:
    """The words of a ``# heading`` (or ``# heading #``), or None where it is none."""
    if not _HEADING.match(line):
        return None
    words = line.strip()[1:].strip()
    unclosed = words.rstrip("#")
    return unclosed.strip() if not unclosed or unclosed[-1] in " \t" else words
