"""Indexers in processes of their own, for the tests of servers and ``tests.soak.milvus_faults``."""

import subprocess
import sys
from pathlib import Path

from retrieval.library.location import as_setting
from retrieval.library.milvus.location import MilvusLocation

_CODE = """
import sys, json
from pathlib import Path
from retrieval.errors import LibraryError
from retrieval.ingest.index import index
from retrieval.library.location import parse_address
from retrieval.library.progress import Reporter
from tests.support.encoders import ScatteredEncoder
encoder = ScatteredEncoder(delay=float(sys.argv[3]))
def progress(stage, done, total):
    print(stage, done, flush=True)
try:
    summary = index(
        [Path(sys.argv[2])], parse_address(sys.argv[1]), encoder, Reporter(progress=progress)
    )
except LibraryError as error:
    sys.exit(str(error))
print(json.dumps([summary.added, summary.unchanged, len(encoder.encoded)]), flush=True)
"""


def indexer(place: MilvusLocation, folder: Path, delay: float = 0.3) -> "subprocess.Popen[str]":
    """Start one. It prints its progress, and at the end a list: added, unchanged, encoded.

    Args:
        place: of the library.
        folder: what it indexes.
        delay: seconds that 128 passages take.
    """
    return subprocess.Popen(
        [sys.executable, "-c", _CODE, as_setting(place), str(folder), str(delay)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def rows(count: int) -> list[dict[str, str]]:
    """So many articles, each of some passages."""
    body = "\n\n".join(f"Paragraph {n} tells of the river. " * 8 for n in range(8))
    return [
        {"id": f"n{n}", "title": f"Title {n}", "text": f"Article {n}.\n\n{n} {body}"}
        for n in range(count)
    ]
