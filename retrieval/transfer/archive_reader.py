"""Reads the file between two libraries; before anything is taken from one, all of it is checked."""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.documents.passages import Passage, split_into_passages
from retrieval.errors import DamagedError, LibraryError, MismatchError
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.records import FileRecord, stored_article
from retrieval.models.encoder.base import Vectors, is_unit_length
from retrieval.transfer.format import VERSION, Counts

_AGAIN = "export it again, or copy it again"
_CUT = f"cut short; {_AGAIN}"
_ALTERED = f"not as it was exported; {_AGAIN}"
_ANOTHER = "not a file that quoth export wrote, or damaged from its beginning"


def check(path: Path) -> tuple[ExportHeader, Counts]:
    """Read a file through, and compare it with what its last line says.

    Returns:
        What it holds, and how much of it.

    Raises:
        DamagedError: it is not whole, or not as it was written.
        MismatchError: a newer Quoth wrote it.
        LibraryError: it cannot be read, or is something else.
    """
    digest = hashlib.sha256()
    header: ExportHeader | None = None
    last = b""
    for line in _lines(path):
        if header is None:
            header = _header(path, line)
        digest.update(last)
        last = line
    try:
        end = json.loads(last)["end"]
        expected, counts = end.pop("sha256"), Counts(**end)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DamagedError(f"{path}: {_CUT}") from None
    if header is None or digest.hexdigest() != expected:
        raise DamagedError(f"{path}: {_ALTERED}")
    return header, counts


def read(path: Path, header: ExportHeader) -> Iterator[ExportedArticle | tuple[str, FileRecord]]:
    """Read the articles of a file that was checked, and then what was known of their files.

    Raises:
        DamagedError: something in it contradicts itself.
        MismatchError: its articles are split otherwise than this Quoth splits them.
        LibraryError: it cannot be read.
    """
    for number, line in enumerate(_lines(path), start=1):
        try:
            values = json.loads(line)
            if "text" in values:
                yield _packed(path, values, header)
            elif "path" in values:
                yield values.pop("path"), FileRecord(**values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedError(f"{path}:{number}: not of an export ({error})") from None


def _packed(path: Path, values: dict[str, Any], header: ExportHeader) -> ExportedArticle:
    about = [values[name] for name in ("id", "title", "date", "source", "url", "text", "sha256")]
    article = stored_article(path, *about)
    passages = [Passage(*each) for each in values["passages"]]
    if passages != split_into_passages(article.text):
        raise MismatchError(
            f"{path}: the passages of {article.id} are another Quoth's; index the articles' files"
        )
    stored = np.frombuffer(base64.b64decode(values["vectors"], validate=True), header.dtype)
    vectors: Vectors = stored.reshape(len(passages), header.dimension).astype(np.float32)
    if not is_unit_length(vectors).all():
        raise DamagedError(f"{path}: article {article.id} has vectors that are not of length 1")
    return ExportedArticle(article, str(values["file"]), passages, vectors)


def _header(path: Path, line: bytes) -> ExportHeader:
    try:
        values = json.loads(line)
        version = values.pop("quoth export")
        header = ExportHeader(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise LibraryError(f"{path}: {_ANOTHER}") from None
    if version != VERSION:
        raise MismatchError(f"{path}: a newer Quoth wrote it; run: pip install --upgrade quoth")
    if not (header.numbers in ("float16", "float32") and header.dimension > 0):
        raise DamagedError(f"{path}:1: not of an export")
    return header


def _lines(path: Path) -> Iterator[bytes]:
    begun = False
    try:
        with gzip.open(path) as stream:
            for line in stream:
                begun = True
                yield line
    except EOFError:
        raise DamagedError(f"{path}: {_CUT}") from None
    except (gzip.BadGzipFile, zlib.error):
        if begun:
            raise DamagedError(f"{path}: {_ALTERED}") from None
        raise LibraryError(f"{path}: {_ANOTHER}") from None
    except OSError as error:
        raise LibraryError(f"{path}: cannot be read ({error.strerror or error})") from error
