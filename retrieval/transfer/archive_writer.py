"""Writes the file between two libraries; it has its name once it is whole."""

import base64
import contextlib
import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from retrieval.documents.article_json import article_to_dict
from retrieval.errors import LibraryError
from retrieval.library.durable import sync_folder
from retrieval.library.exported import ExportedArticle, ExportHeader
from retrieval.library.records import FileRecord
from retrieval.transfer.format import VERSION, Counts

_PACKED = 1  # of gzip's levels: numbers hardly get smaller by the others, and slower


class Writer:
    """A file that is being written, as a context manager; nothing has its name until it is whole.

    Raises:
        LibraryError: it is there already, or cannot be written; so do its methods.
    """

    def __init__(self, path: Path, header: ExportHeader) -> None:
        self.path = path
        self._header = header
        self._unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        self._digest = hashlib.sha256()
        self._articles = self._passages = self._files = 0

    def __enter__(self) -> Self:
        with self._as_library_errors():
            if self.path.exists():
                raise LibraryError(f"{self.path}: there already; name another file")
            self._raw = self._unfinished.open("xb")
        self._stream = gzip.GzipFile("", "wb", _PACKED, self._raw, mtime=0)
        try:
            with self._as_library_errors():
                self._line({"quoth export": VERSION, **asdict(self._header)})
        except BaseException:
            self._drop()
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                with self._as_library_errors():
                    end = {**asdict(self.counts), "sha256": self._digest.hexdigest()}
                    self._line({"end": end})
                    self._stream.close()
                    self._raw.flush()
                    os.fsync(self._raw.fileno())
                    self._unfinished.rename(self.path)
                    sync_folder(self.path.parent)
        finally:
            self._drop()

    def _drop(self) -> None:
        """Leave nothing that is not whole."""
        for stream in (self._stream, self._raw):
            with contextlib.suppress(OSError):
                stream.close()
        self._unfinished.unlink(missing_ok=True)

    @property
    def counts(self) -> Counts:
        return Counts(self._articles, self._passages, self._files)

    def put(self, packed: ExportedArticle) -> None:
        article = packed.article
        numbers = packed.vectors.astype(self._header.dtype)
        passages = [[each.paragraph, each.start, each.end] for each in packed.passages]
        with self._as_library_errors():
            self._line(
                {
                    **article_to_dict(article),
                    "sha256": article.sha256,
                    "file": packed.file,
                    "passages": passages,
                    "vectors": base64.b64encode(numbers.tobytes()).decode(),
                }
            )
        self._articles += 1
        self._passages += len(packed.passages)

    def record(self, path: str, record: FileRecord) -> None:
        with self._as_library_errors():
            self._line({"path": path, **asdict(record)})
        self._files += 1

    def _line(self, value: dict[str, Any]) -> None:
        line = json.dumps(value, ensure_ascii=False).encode() + b"\n"
        self._digest.update(line)
        self._stream.write(line)

    @contextlib.contextmanager
    def _as_library_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LibraryError(f"{self.path}: cannot be written ({error.strerror})") from error
