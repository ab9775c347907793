"""``quoth export``: writes a library into a file, for ``quoth import``."""

from pathlib import Path

import click

from bot.cli.options import library_option
from bot.cli.output import OK, print_message, print_text


@click.command("export")
@click.argument("file", type=click.Path(), metavar="FILE")
@library_option
def export_library(file: str, library: str | None) -> int:
    """Write the library, vectors and all, into FILE, for quoth import."""
    from bot import settings
    from bot.cli.progress import reporting
    from bot.wording import counted
    from retrieval.library import follows_feeds
    from retrieval.transfer import export

    config = settings.load(library)
    with reporting() as reporter:
        done = export.export_library(config.library, Path(file), reporter)
    if follows_feeds(config.library):
        print_message("What feeds it follows is not exported: quoth feeds list shows them")
    what = f"{counted(done.articles, 'article')}, {counted(done.passages, 'passage')}"
    print_text(f"{file}: {what} exported")
    return OK
