"""``quoth index``: makes the library agree with files, folders and web pages."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import priority
from bot.cli.options import library_option
from bot.cli.output import FAILED, OK
from bot.terminal_text import one_line
from retrieval.errors import ReadingError

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.library.location import Location
    from retrieval.library.progress import Reporter, Summary
    from retrieval.models.encoder import Encoder


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH|URL]...")
@click.option("--rebuild", is_flag=True, help="Start over beside the old library, then swap.")
@click.option("--watch", is_flag=True, help="Stay, and index what changes from now on.")
@click.option("--until-eof", is_flag=True, hidden=True)  # of standard input: for quoth serve
@click.option("--rollback", is_flag=True, help="Go back to the library before the last rebuild.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@library_option
def index(
    paths: tuple[str, ...],
    rebuild: bool,
    watch: bool,
    until_eof: bool,
    rollback: bool,
    dry_run: bool,
    library: str | None,
) -> int:
    """Make the library agree with files, folders and web pages: add, update, remove.

    It leaves the processor to others who need it, such as those who ask.
    """
    priority.lower_priority()  # before an import makes threads
    addresses = [path for path in paths if path.lower().startswith(("http://", "https://"))]
    files = [Path(path) for path in paths if path not in addresses]
    if rebuild + rollback + dry_run > 1:
        raise click.UsageError("--rebuild, --rollback and --dry-run are one at a time.")
    if rollback and paths:
        raise click.UsageError("--rollback takes no PATH; run quoth index PATH after it.")
    if watch and (rollback or dry_run):
        raise click.UsageError("--watch goes with neither --rollback nor --dry-run.")
    if addresses and (watch or dry_run):
        raise click.UsageError("--watch and --dry-run take files and folders, not addresses.")

    from bot import settings
    from bot.cli.startup import open_encoder
    from retrieval.library import open as open_library

    config = settings.load(library)
    if rollback:
        return _roll_back(config.library)
    if rebuild:  # before anything is done or loaded
        open_library(config.library).require_editions("quoth index --rebuild")
    if not paths:
        files = [config.articles]
    if not addresses and not any(path.exists() for path in files):
        _check_missing(files[0], config.library, rebuild=rebuild, watch=watch)
    if dry_run:
        return _dry_run(files, config.library)
    encoder = open_encoder(config)
    if rebuild:
        _rebuild(config.library, encoder)
        if not paths and not watch:
            return OK
    if watch:
        from bot.cli.watch_loop import run_watch

        run_watch(files, config, encoder, until_eof=until_eof)
    return _index(files, addresses, config, encoder)


def _check_missing(path: Path, library: "Location", *, rebuild: bool, watch: bool) -> None:
    """Refuse to index where no path exists, unless a library made earlier is to be updated.

    Raises:
        ReadingError: there would be nothing to watch, or an empty library would be made.
    """
    from retrieval.library import follows_feeds
    from retrieval.library import open as open_library

    if watch and not follows_feeds(library):
        # Only what was there may be waited for: the rest is mistyped.
        raise ReadingError(str(path), "no such file or folder, so there is nothing to watch")
    if not rebuild and not open_library(library).exists():
        # A library made here would be empty, and answer "not found" from now on.
        raise ReadingError(str(path), "no such file or folder, so no library was made")


def _index(
    files: Sequence[Path], addresses: Sequence[str], config: "Settings", encoder: "Encoder"
) -> int:
    from bot.cli.progress import reporting, summary_line
    from retrieval.ingest.index import index
    from retrieval.library.progress import Summary

    with reporting() as reporter:
        summary = Summary()
        if files:
            summary = index(files, config.library, encoder, reporter)
        if addresses:
            summary.add(_index_pages(addresses, config, encoder, reporter))
    print(summary_line(summary))
    return FAILED if summary.failed else OK


def _index_pages(
    addresses: Sequence[str], config: "Settings", encoder: "Encoder", reporter: "Reporter"
) -> "Summary":
    # Imported here because files need none of it.
    from retrieval.ingest.web.page_index import index_pages

    return index_pages(
        addresses,
        config.library,
        encoder,
        reporter,
        allow_private=config.allow_private_addresses,
    )


def _dry_run(files: Sequence[Path], library: "Location") -> int:
    from bot.cli.progress import reporting, summary_line
    from retrieval.ingest.dry_run import dry_run

    def print_change(change: str, article: str, file: str | None) -> None:
        print(one_line(f"would be {change}: {article} ({file})"))

    with reporting() as reporter:
        summary = dry_run(files, library, reporter, print_change)
    print(f"dry run, nothing was changed: {summary_line(summary)}")
    return FAILED if summary.failed else OK


def _rebuild(library: "Location", encoder: "Encoder") -> None:
    from bot.cli.progress import reporting
    from bot.wording import counted
    from retrieval.library import open as open_library

    with reporting() as reporter:
        count = open_library(library).rebuild(encoder, reporter)
    print(f"{counted(count, 'article')} rebuilt")


def _roll_back(library: "Location") -> int:
    from bot.wording import counted
    from retrieval.library import open as open_library

    now = open_library(library).roll_back()
    print(
        one_line(
            f"went back to edition {now.edition}: {counted(now.state.articles, 'article')}, encoder"
            f" {now.encoder}; quoth index brings in what came from files since,"
            " quoth feeds sync what feeds still list"
        )
    )
    return OK
