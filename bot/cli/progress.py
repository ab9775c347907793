"""What a person is told while articles are indexed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.cli.say import say
from retrieval.errors import ReadingError
from retrieval.library.progress import Reporter, Summary


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Tell of an indexing run: every problem anywhere, and progress on a terminal."""
    if not sys.stderr.isatty():
        yield Reporter(problem=say_problem)
        return
    # Imported here because a question needs no progress bar.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield Reporter(problem=say_problem, progress=progress)


def summarised(summary: Summary) -> str:
    """What an indexing run did, on one line."""
    return (
        f"{summary.added} added, {summary.updated} updated, {summary.removed} removed,"
        f" {summary.unchanged} unchanged, {summary.failed} failed"
    )


def say_problem(problem: ReadingError) -> None:
    """Tell of a file or line that was skipped."""
    say(f"quoth: {problem}")
