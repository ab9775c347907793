"""``quoth import``: brings in the file that ``quoth export`` wrote."""

from pathlib import Path

import click

from bot import priority
from bot.cli.options import library_option
from bot.cli.output import FAILED, OK


@click.command("import")
@click.argument("file", type=click.Path(), metavar="FILE")
@library_option
def import_library(file: str, library: str | None) -> int:
    """Bring in what quoth export wrote into FILE; nothing is encoded."""
    priority.lower_priority()  # before an import starts threads
    from bot import settings
    from bot.cli.progress import reporting, summary_line
    from retrieval.transfer import import_

    config = settings.load(library)
    with reporting() as reporter:
        summary = import_.import_library(Path(file), config.library, reporter)
    print(summary_line(summary))
    return FAILED if summary.failed else OK
