"""Checks the sums that tantivy writes at the end of its files, and never looks at again."""

import json
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from retrieval.library.report import Report

_FOOTER = struct.Struct("<II")  # the last bytes: the length of the JSON before them, and _MAGIC
_MAGIC = 1337
_CHUNK = 1 << 20  # bytes read at a time

Opened = TypeVar("Opened")


def check_word_files(report: Report, folder: Path) -> None:
    """Check the sums that tantivy keeps of its files, of those that are in use."""
    for name in retry(lambda: _damaged(folder), lambda found: not found):
        report.add("word index", f"{name} is damaged")


def _damaged(folder: Path) -> list[str]:
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        segments = {
            each["segment_id"].replace("-", ""): each["deletes"] for each in meta["segments"]
        }
        deletes = {f"{name}.{of['opstamp']}.del" for name, of in segments.items() if of}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []  # not there, or told already: it cannot be opened
    return [
        path.name
        for segment in segments
        for path in sorted(folder.glob(f"{segment}.*"))
        # Deletions of another commit are not in use; a killed writer may have left half of them.
        if path.suffix != ".del" or path.name in deletes
        if not _sum_is_right(path)
    ]


def _sum_is_right(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            stream.seek(max(0, size - _FOOTER.size))
            length, magic = _FOOTER.unpack(stream.read())
            body = size - _FOOTER.size - length
            if magic != _MAGIC or body < 0:
                return False
            stream.seek(body)
            wanted = json.loads(stream.read(length))["crc"]
            stream.seek(0)
            found = 0
            while body and (chunk := stream.read(min(_CHUNK, body))):
                found = zlib.crc32(chunk, found)
                body -= len(chunk)
            return bool(found == wanted)
    except FileNotFoundError:  # merged into another meanwhile
        return True
    except (struct.error, ValueError, KeyError, TypeError):
        return False


def retry(look: Callable[[], Opened], fine: Callable[[Opened], bool]) -> Opened:
    """Look again for a moment: files that another process replaces can seem to be damaged."""
    found = look()
    for _ in range(3):
        if fine(found):
            break
        time.sleep(0.1)
        found = look()
    return found
