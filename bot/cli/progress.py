"""The progress, problems and summary of an indexing run, printed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.cli.output import print_message
from retrieval.errors import ReadingError
from retrieval.library.progress import Reporter, Summary


@contextmanager
def reporting() -> Iterator[Reporter]:
    """A reporter that prints each problem, and a progress bar where there is a terminal."""
    if not sys.stderr.isatty():
        yield Reporter(problem=print_problem)
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

        yield Reporter(problem=print_problem, progress=progress)


def summary_line(summary: Summary) -> str:
    return (
        f"{summary.added} added, {summary.updated} updated, {summary.removed} removed,"
        f" {summary.unchanged} unchanged, {summary.failed} failed"
    )


def print_problem(problem: ReadingError) -> None:
    print_message(f"quoth: {problem}")
