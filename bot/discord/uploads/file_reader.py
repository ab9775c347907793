"""Reads an uploaded file as ``quoth index`` would. The file is untrusted input."""

import gzip
import itertools
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.discord.errors import UploadError
from bot.discord.storage.uploads import MAX_ARTICLES, MAX_CHARACTERS
from bot.terminal_text import one_line
from retrieval.documents.article import Article, single_line
from retrieval.documents.formats import read_file
from retrieval.documents.formats.files import SUFFIXES, supported_suffix
from retrieval.errors import ReadingError

MAX_BYTES = 10_000_000
"""The largest file in bytes: what Discord lets everybody upload."""

_MAX_UNPACKED = 100_000_000  # bytes
_LONGEST_NAME = 100
_PROBLEMS_TOLD = 3


def safe_file_name(name: str) -> str:
    """A file's name without path, control characters and excess length.

    The suffix stays: it selects the parser.
    """
    last = single_line(name.replace("\\", "/")).rpartition("/")[2]
    visible = "".join(c for c in last if c.isprintable()).strip(" .")
    stem, dot, suffix = visible.partition(".")
    return f"{stem[:_LONGEST_NAME].strip() or 'article'}{dot}{suffix[-20:]}"


def file_problem(name: str, size: int) -> str | None:
    """Why a file is rejected before it is downloaded, in one line; None where it is accepted.

    Args:
        name: as ``safe_file_name`` gives it.
        size: in bytes.
    """
    if not supported_suffix(Path(name)):
        return f"{name}: not a kind of file that I read; those are {' '.join(SUFFIXES)}"
    if size > MAX_BYTES:
        return f"{name}: {size / 1e6:,.0f} MB, and the most that I take is {MAX_BYTES / 1e6:.0f} MB"
    if size == 0:
        return f"{name}: empty"
    return None


def read_upload(name: str, data: bytes) -> tuple[list[Article], list[str]]:
    """Read the articles of a file.

    Args:
        name: as ``safe_file_name`` gives it.

    Returns:
        The articles, and the problems, a line each.

    Raises:
        UploadError: there is no article in it, or more than a server can keep.
    """
    if problem := file_problem(name, len(data)):
        raise UploadError(problem)
    if name.lower().endswith(".gz") and _unpacks_to_too_much(data):
        raise UploadError(f"{name}: unpacks to more than {_MAX_UNPACKED / 1e6:.0f} MB; split it")
    articles: dict[str, Article] = {}
    problems: list[str] = []
    characters = 0
    with TemporaryDirectory() as folder:
        # The uploaded name may be too long for the file system, which counts bytes.
        path = Path(folder) / f"upload{supported_suffix(Path(name))}"
        path.write_bytes(data)
        for found in _read(path, name):
            if isinstance(found, ReadingError):
                problems.append(_error_line(found, path))
                continue
            articles[found.id] = found
            characters += len(found.text)
            if len(articles) > MAX_ARTICLES or characters > MAX_CHARACTERS:
                raise UploadError(f"{name}: holds more than I take at once; split it")
    if not articles:
        raise UploadError(problems[0] if problems else f"{name}: holds no article")
    if more := len(problems) - _PROBLEMS_TOLD:
        problems[_PROBLEMS_TOLD:] = [f"and {more} more like these"] if more > 0 else []
    return list(articles.values()), problems


def _unpacks_to_too_much(data: bytes) -> bool:
    size = 0
    with gzip.open(BytesIO(data)) as file, suppress(OSError, EOFError, zlib.error):  # told later
        while (chunk := file.read(1 << 20)) and size <= _MAX_UNPACKED:
            size += len(chunk)
    return size > _MAX_UNPACKED


def _read(path: Path, name: str) -> Iterator[Article | ReadingError]:
    # Problems count too: a file of bad lines alone must end as well.
    return itertools.islice(read_file(path, path, name), 10 * MAX_ARTICLES)


def _error_line(error: ReadingError, path: Path) -> str:
    """The error without the temporary folder's path."""
    place = error.place.removeprefix(str(path.parent)).lstrip("/\\")
    return one_line(f"{place}: {error.problem}")[:300]
