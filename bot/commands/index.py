"""``quoth index``: makes the library agree with files, folders and web pages."""

from collections.abc import Sequence
from pathlib import Path

from bot import settings
from bot.engine import open_encoder
from bot.exit_status import FAILED, OK
from bot.progress import reporting
from bot.settings import Settings
from bot.wording import counted
from retrieval.encoding import Encoder
from retrieval.errors import ReadingError
from retrieval.indexing import Reporter, Summary, index
from retrieval.library import folder
from retrieval.rebuilding import rebuild


def run(paths: Sequence[str], rebuild: bool, library: str | None) -> int:
    """Index, print what was done, and return the exit status."""
    chosen = settings.load(library)
    addresses = [path for path in paths if path.lower().startswith(("http://", "https://"))]
    places = [Path(path) for path in paths if path not in addresses]
    if not paths:
        places = [chosen.articles]
    nothing_there = not addresses and not any(place.exists() for place in places)
    if nothing_there and not rebuild and not folder.exists(chosen.library):
        # A library made here would be empty, and answer "not found" from now on.
        raise ReadingError(str(places[0]), "no such file or folder, so no library was made")
    encoder = open_encoder(chosen)
    if rebuild:
        _rebuild(chosen.library, encoder)
        if not paths:
            return OK
    with reporting() as reporter:
        summary = Summary()
        if places:
            summary = index(places, chosen.library, encoder, reporter)
        if addresses:
            _index_pages(addresses, chosen, encoder, reporter, summary)
    print(
        f"{summary.added} added, {summary.updated} updated, {summary.removed} removed,"
        f" {summary.unchanged} unchanged, {summary.failed} failed"
    )
    return FAILED if summary.failed else OK


def _rebuild(library: Path, encoder: Encoder) -> None:
    with reporting() as reporter:
        count = rebuild(library, encoder, reporter)
    print(f"{counted(count, 'article')} rebuilt")


def _index_pages(
    addresses: Sequence[str],
    chosen: Settings,
    encoder: Encoder,
    reporter: Reporter,
    summary: Summary,
) -> None:
    """Index web pages too, and count them with the rest."""
    # Imported here because files need none of it.
    from retrieval.web.page_indexing import index_pages

    pages = index_pages(
        addresses,
        chosen.library,
        encoder,
        reporter,
        allow_private=chosen.allow_private_addresses,
    )
    summary.added += pages.added
    summary.updated += pages.updated
    summary.unchanged += pages.unchanged
    summary.failed += pages.failed
