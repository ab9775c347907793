"""Finds files with articles, and reads each with the parser of its suffix."""

import gzip
import os
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from pathlib import Path

from retrieval.documents.article import Article, single_line
from retrieval.documents.formats.article_fields import Origin
from retrieval.documents.formats.decoding import MAX_BYTES, TOO_LONG, decode, read_failure
from retrieval.documents.formats.html import parse_html
from retrieval.documents.formats.jsonl_articles import read_jsonl_articles
from retrieval.documents.formats.markdown import parse_markdown
from retrieval.documents.formats.text import parse_text
from retrieval.errors import ReadingError

# The formats that hold one article a file.
_PARSERS: dict[str, Callable[[str, Origin], Article]] = {
    ".txt": parse_text,
    ".md": parse_markdown,
    ".html": parse_html,
    ".htm": parse_html,
}
SUFFIXES = (*_PARSERS, ".jsonl", ".jsonl.gz")


def find_files(root: Path) -> Iterator[Path | ReadingError]:
    """Find the files that can be read.

    Args:
        root: a file, or a folder that is searched to any depth. Files and folders whose names
            begin with "." are passed over, as are files with other suffixes; a folder that is
            reached twice, by a link, is searched once.

    Yields:
        The files, sorted by path (each begins with ``root``), and an error for each folder that
        cannot be searched, for a root that is not there, and for one that cannot be read.
    """
    searched: set[tuple[int, int]] = set()
    waiting = [root]  # and no recursion: folders can nest deeper than Python's stack
    while waiting:
        path = waiting.pop()
        try:
            if path.is_dir():
                status = path.stat()
                if (status.st_dev, status.st_ino) not in searched:
                    searched.add((status.st_dev, status.st_ino))
                    waiting.extend(_visible_entries(path))
                continue
        except OSError as error:
            yield ReadingError(printable(path), read_failure(error))
            continue
        if supported_suffix(path) and (path is not root or path.exists()):
            yield path
        elif path is root:
            yield _not_readable(path)


def has_supported_suffix(path: Path) -> bool:
    return supported_suffix(path) is not None


def read_file(path: Path, root: Path, called: str = "") -> Iterator[Article | ReadingError]:
    """Read the articles of one file.

    Args:
        path: the file, as ``find_files`` gave it.
        root: where the search for it began; ids are made of the path below it.
        called: the name to go by in ids, titles and errors instead, with the same suffix; it need
            be none that the system can give a file.

    Yields:
        The articles, one at a time, and an error for a file or a line that cannot be one;
        nothing for a file of questions, unless it is the root, which somebody named. It raises
        nothing for what a file holds or for a file that cannot be read.
    """
    suffix = supported_suffix(path)
    try:
        # Opening a named pipe would wait for its writer for ever.
        readable = suffix is not None and path.is_file()
        file = (gzip.open if suffix == ".jsonl.gz" else open)(path, "rb") if readable else None
    except OSError as error:
        yield ReadingError(printable(path), read_failure(error))
        return
    if suffix is None or file is None:
        yield _not_readable(path)
        return
    origin = _origin(path, root, suffix)
    if called:
        origin = Origin(place=called, id=_name(called, suffix), name=_name(called, suffix))
    with file:
        if suffix in _PARSERS:
            try:
                data = file.read(MAX_BYTES + 1)
            except OSError as error:
                yield ReadingError(origin.place, read_failure(error))
                return
            yield _parse_file(data, origin, _PARSERS[suffix])
        else:
            yield from _read_lines(file, origin, named=path == root)


def _parse_file(
    data: bytes, origin: Origin, read: Callable[[str, Origin], Article]
) -> Article | ReadingError:
    try:
        if len(data) > MAX_BYTES:
            raise ReadingError(origin.place, TOO_LONG)
        content = decode(data, origin.place)
        if not content.strip():
            raise ReadingError(origin.place, "empty")
        return read(content, origin)
    except ReadingError as error:
        return error


def _read_lines(
    file: BufferedIOBase, origin: Origin, named: bool
) -> Iterator[Article | ReadingError]:
    """Read JSON lines; an error for a file of nothing but questions, if somebody named it."""
    nothing = True
    for result in read_jsonl_articles(file, origin):
        nothing = False
        yield result
    if nothing and named:
        yield ReadingError(origin.place, "holds questions, not articles")


def _visible_entries(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = sorted((e.name for e in entries if not e.name.startswith(".")), reverse=True)
    return [folder / name for name in names]


def supported_suffix(path: Path) -> str | None:
    """The suffix that a file's parser goes by, in lower case, or None where there is no parser."""
    name = path.name.lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)


def _origin(path: Path, root: Path, suffix: str) -> Origin:
    """The origin of the articles in a file."""
    below = path.relative_to(root) if root != path and path.is_relative_to(root) else None
    return Origin(
        place=printable(path),
        id=_name((below or Path(path.name)).as_posix(), suffix),
        name=_name(path.name, suffix),
    )


def _name(path: str, suffix: str) -> str:
    """A path without its suffix, on one line; bytes that are not UTF-8 become escapes."""
    return single_line(path[: -len(suffix)].encode(errors="backslashreplace").decode())


def printable(path: Path) -> str:
    """A path on one line, with what cannot be printed escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(path))


def _not_readable(path: Path) -> ReadingError:
    """The error for a path that was asked for and cannot be read."""
    if not path.exists():
        problem = "no such file or folder"
    elif supported_suffix(path):
        problem = "not a file"
    else:
        problem = f"not a kind of file that is read; those are {' '.join(SUFFIXES)}"
    return ReadingError(printable(path), problem)
