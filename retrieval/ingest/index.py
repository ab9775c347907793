"""Makes a library agree with files and folders: adds, updates, removes.

Words first: articles are committed with their passages in batches, and found by their words at
once. Vectors follow, those of the newest articles first; an interrupted run goes on where it
stopped.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from retrieval.ingest.folder_sync import FolderSync, Pace
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Encoder

WHOLE = Pace()
"""Everything is done at once, and nothing is left for another run."""


def index(
    paths: Sequence[Path],
    location: Location,
    encoder: Encoder,
    reporter: Reporter,
    pace: Pace = WHOLE,
) -> Summary:
    """Make a library agree with files and folders.

    Args:
        paths: what to read. Articles that came from under them and are no longer there are
            removed; articles from elsewhere stay.
        location: of the library; made where there is none.
        pace: what is left for another run; by default nothing.

    Returns:
        What was done. Whatever could be read is in, whatever else failed.

    Raises:
        LibraryError: the library cannot be written; what was committed until then is kept.
    """
    with open_library(location).session(encoder, reporter) as session:
        sync = FolderSync(session, session, reporter, pace)
        for path in paths:
            sync.run(canonical_path(path))
        session.encode_pending(encoder, pace.enough)
        return sync.summary


def canonical_path(path: Path) -> Path:
    """The one name that a file or folder goes by: two names would be two files."""
    path = path.absolute()
    if path.name == "..":
        return Path(os.path.realpath(path))
    # The system looks up links on the way before any "..", so "link/../b" need not be "b". The
    # last part keeps its own name, linked or not: it is the one by which the articles are known.
    return Path(os.path.realpath(path.parent), path.name)
