"""``quoth export`` and ``quoth import``: move a library without encoding it again."""

from pathlib import Path

from bot import settings
from bot.cli.exit_status import FAILED, OK
from bot.cli.progress import reporting, summarised
from bot.cli.say import say
from bot.cli.visible import visible
from bot.wording import counted
from retrieval.library import follows_feeds
from retrieval.transfer.export import export_library as write
from retrieval.transfer.import_ import import_library as take


def export_library(file: str, library: str | None) -> int:
    """Write the library into a file and say how much that was; returns the exit status."""
    chosen = settings.load(library)
    with reporting() as reporter:
        done = write(chosen.library, Path(file), reporter)
    if follows_feeds(chosen.library):
        say("What feeds it follows is not exported: quoth feeds list shows them")
    what = f"{counted(done.articles, 'article')}, {counted(done.passages, 'passage')}"
    print(visible(f"{file}: {what} exported"))
    return OK


def import_library(file: str, library: str | None) -> int:
    """Bring a file into the library and say what was done; returns the exit status."""
    chosen = settings.load(library)
    with reporting() as reporter:
        summary = take(Path(file), chosen.library, reporter)
    print(summarised(summary))
    return FAILED if summary.failed else OK
