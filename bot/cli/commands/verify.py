"""``quoth verify``: checks a library's texts, passages, vectors and indexes, and repairs them."""

from typing import TYPE_CHECKING

import click

from bot.cli.options import json_option, library_option
from bot.cli.output import FAILED, OK, print_json
from bot.terminal_text import one_line

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.library.location import Location
    from retrieval.library.report import LostArticle, Report


@click.command()
@click.option("--repair", is_flag=True, help="Repair what can be repaired.")
@json_option
@library_option
def verify(repair: bool, as_json: bool, library: str | None) -> int:
    """Check all that the answers rest on: texts, passages, vectors, indexes."""
    from bot import settings

    config = settings.load(library)
    return _repair(config, as_json) if repair else _verify(config.library, as_json)


def _verify(library: "Location", as_json: bool) -> int:
    from bot.cli.progress import reporting
    from retrieval.library import open as open_library

    with reporting() as reporter:
        report = open_library(library).verify(reporter)
    if as_json:
        print_json(_report_as_json(library, report))
    else:
        _print_report(library, report, "; run: quoth verify --repair")
    return OK if report.ok else FAILED


def _repair(config: "Settings", as_json: bool) -> int:
    from bot.cli.progress import reporting
    from bot.cli.startup import open_encoder
    from retrieval.library import open as open_library

    encoder = open_encoder(config)
    with reporting() as reporter:
        done = open_library(config.library).repair(encoder, reporter)
    lost = [_lost_line(each) for each in done.lost]
    if as_json:
        found = _report_as_json(config.library, done.before)["problems"]
        print_json({**_report_as_json(config.library, done.after), "found": found, "lost": lost})
    else:
        for line in [*(f"found: {line}" for line in done.before.lines()), *lost]:
            print(one_line(line))
        _print_report(config.library, done.after, " that cannot be mended")
    return OK if done.after.ok else FAILED


def _print_report(library: "Location", report: "Report", advice: str) -> None:
    from bot.wording import counted

    for line in report.lines():
        print(one_line(line))
    for line in report.left_over:
        print(one_line(f"left over, for the next run to see to: {line}"))
    checked = ", ".join(f"{what} {count:,}" for what, count in report.checked.items())
    verdict = f"{counted(report.count, 'problem')}{advice}" if report.count else "nothing is wrong"
    print(one_line(f"{library}: {verdict} ({checked})"))


def _lost_line(lost: "LostArticle") -> str:
    if lost.taken_out:
        return f"{lost.article}: taken out; quoth index reads {lost.file} again"
    return (
        f"{lost.article}: its file, {lost.file}, is gone; to take it out, run:"
        f" quoth articles remove {lost.article}"
    )


def _report_as_json(library: "Location", report: "Report") -> dict[str, object]:
    return {
        "library": str(library),
        "ok": report.ok,
        "checked": report.checked,
        "problems": [
            {"kind": kind, "count": problem.count, "examples": problem.examples}
            for kind, problem in report.problems.items()
        ],
        "left_over": report.left_over,
    }
