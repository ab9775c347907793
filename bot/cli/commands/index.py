"""``quoth index``: makes the library agree with files, folders and web pages."""

from collections.abc import Sequence
from pathlib import Path

import click

from bot import settings
from bot.cli.exit_status import FAILED, OK
from bot.cli.progress import reporting, summarised
from bot.cli.visible import one_line
from bot.settings import Settings
from bot.startup import open_encoder
from bot.wording import counted
from retrieval.errors import ReadingError
from retrieval.ingest.dry_run import dry_run
from retrieval.ingest.index import index
from retrieval.library import follows_feeds
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder import Encoder


def run(
    paths: Sequence[str],
    rebuild: bool,
    rollback: bool,
    dry_run: bool,
    watch: bool,
    until_eof: bool,
    library: str | None,
) -> int:
    """Index, print what was done, and return the exit status."""
    if rebuild + rollback + dry_run > 1:
        raise click.UsageError("--rebuild, --rollback and --dry-run are one at a time.")
    if rollback and paths:
        raise click.UsageError("--rollback takes no PATH; run quoth index PATH after it.")
    if watch and (rollback or dry_run):
        raise click.UsageError("--watch goes with neither --rollback nor --dry-run.")
    chosen = settings.load(library)
    if rollback:
        return _roll_back(chosen.library)
    addresses = [path for path in paths if path.lower().startswith(("http://", "https://"))]
    if addresses and (watch or dry_run):
        raise click.UsageError("--watch and --dry-run take files and folders, not addresses.")
    if rebuild:  # before anything is done or loaded
        open_library(chosen.library).require_editions("quoth index --rebuild")
    places = [Path(path) for path in paths if path not in addresses]
    if not paths:
        places = [chosen.articles]
    nothing_there = not addresses and not any(place.exists() for place in places)
    if nothing_there and watch and not follows_feeds(chosen.library):
        # Only what was there may be waited for: the rest is mistyped.
        raise ReadingError(str(places[0]), "no such file or folder, so there is nothing to watch")
    if nothing_there and not rebuild and not open_library(chosen.library).exists():
        # A library made here would be empty, and answer "not found" from now on.
        raise ReadingError(str(places[0]), "no such file or folder, so no library was made")
    if dry_run:
        return _rehearse(places, chosen.library)
    encoder = open_encoder(chosen)
    if rebuild:
        _rebuild(chosen.library, encoder)
        if not paths and not watch:
            return OK
    if watch:
        from bot.cli.commands.watch import watch as stay

        return stay(places, chosen, encoder, until_eof)
    with reporting() as reporter:
        summary = Summary()
        if places:
            summary = index(places, chosen.library, encoder, reporter)
        if addresses:
            summary.add(_index_pages(addresses, chosen, encoder, reporter))
    print(summarised(summary))
    return FAILED if summary.failed else OK


def _rehearse(places: Sequence[Path], library: Location) -> int:
    def note(change: str, article: str, file: str | None) -> None:
        print(one_line(f"would be {change}: {article} ({file})"))

    with reporting() as reporter:
        summary = dry_run(places, library, reporter, note)
    print(f"dry run, nothing was changed: {summarised(summary)}")
    return FAILED if summary.failed else OK


def _rebuild(library: Location, encoder: Encoder) -> None:
    with reporting() as reporter:
        count = open_library(library).rebuild(encoder, reporter)
    print(f"{counted(count, 'article')} rebuilt")


def _roll_back(library: Location) -> int:
    now = open_library(library).roll_back()
    print(
        one_line(
            f"went back to edition {now.edition}: {counted(now.state.articles, 'article')}, encoder"
            f" {now.encoder}; quoth index brings in what came from files since,"
            " quoth feeds sync what feeds still list"
        )
    )
    return OK


def _index_pages(
    addresses: Sequence[str], chosen: Settings, encoder: Encoder, reporter: Reporter
) -> Summary:
    # Imported here because files need none of it.
    from retrieval.ingest.web.page_index import index_pages

    return index_pages(
        addresses,
        chosen.library,
        encoder,
        reporter,
        allow_private=chosen.allow_private_addresses,
    )
