"""``quoth index``: makes the library agree with files and folders."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import cli, settings
from bot.engine import open_encoder, say
from bot.wording import counted
from retrieval.encoding import Encoder
from retrieval.errors import ReadingError
from retrieval.indexing import Reporter, Summary, index
from retrieval.library import folder
from retrieval.rebuilding import rebuild


def run(paths: Sequence[str], rebuild: bool, library: str | None) -> int:
    """Index, print what was done, and return the exit status."""
    chosen = settings.load(library)
    places = [Path(path) for path in paths] or [chosen.articles]
    nothing_there = not any(place.exists() for place in places)
    if nothing_there and not rebuild and not folder.exists(chosen.library):
        # A library made here would be empty, and answer "not found" from now on.
        raise ReadingError(str(places[0]), "no such file or folder, so no library was made")
    encoder = open_encoder(chosen)
    if rebuild:
        _rebuild(chosen.library, encoder)
        if not paths:
            return cli.OK
    summary = index_with_progress(places, chosen.library, encoder)
    print(
        f"{summary.added} added, {summary.updated} updated, {summary.removed} removed,"
        f" {summary.unchanged} unchanged, {summary.failed} failed"
    )
    return cli.FAILED if summary.failed else cli.OK


def index_with_progress(places: Sequence[Path], library: Path, encoder: Encoder) -> Summary:
    """Index, showing progress on a terminal and every problem anywhere."""
    with _reporter() as reporter:
        return index(places, library, encoder, reporter)


def _rebuild(library: Path, encoder: Encoder) -> None:
    with _reporter() as reporter:
        count = rebuild(library, encoder, reporter)
    print(f"{counted(count, 'article')} rebuilt")


@contextmanager
def _reporter() -> Iterator[Reporter]:
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield Reporter(problem=_show_problem)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal, transient=True) as bar:
        tasks = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield Reporter(problem=_show_problem, progress=progress)


def _show_problem(problem: ReadingError) -> None:
    say(f"quoth: {problem}")
