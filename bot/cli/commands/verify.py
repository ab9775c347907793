"""``quoth verify``: checks all that the promises rest on, and mends it."""

from bot import settings
from bot.cli.exit_status import FAILED, OK
from bot.cli.json_line import print_json
from bot.cli.progress import reporting
from bot.cli.visible import one_line
from bot.startup import open_encoder
from bot.wording import counted
from retrieval.library import open as open_library
from retrieval.library.location import Location
from retrieval.library.report import LostArticle, Report


def run(mend: bool, as_json: bool, library: str | None) -> int:
    """Check, print what is wrong, and return the exit status."""
    chosen = settings.load(library)
    return _repair(chosen, as_json) if mend else _verify(chosen.library, as_json)


def _verify(library: Location, as_json: bool) -> int:
    with reporting() as reporter:
        report = open_library(library).verify(reporter)
    if as_json:
        print_json(_as_json(library, report))
    else:
        _print(library, report, "; run: quoth verify --repair")
    return OK if report.ok else FAILED


def _repair(chosen: settings.Settings, as_json: bool) -> int:
    encoder = open_encoder(chosen)
    with reporting() as reporter:
        done = open_library(chosen.library).repair(encoder, reporter)
    lost = [_lost(each) for each in done.lost]
    if as_json:
        found = _as_json(chosen.library, done.before)["problems"]
        print_json({**_as_json(chosen.library, done.after), "found": found, "lost": lost})
    else:
        for line in [*(f"found: {line}" for line in done.before.lines()), *lost]:
            print(one_line(line))
        _print(chosen.library, done.after, " that cannot be mended")
    return OK if done.after.ok else FAILED


def _print(library: Location, report: Report, advice: str) -> None:
    for line in report.lines():
        print(one_line(line))
    for line in report.left_over:
        print(one_line(f"left over, for the next run to see to: {line}"))
    checked = ", ".join(f"{what} {count:,}" for what, count in report.checked.items())
    verdict = f"{counted(report.count, 'problem')}{advice}" if report.count else "nothing is wrong"
    print(one_line(f"{library}: {verdict} ({checked})"))


def _lost(lost: LostArticle) -> str:
    if lost.taken_out:
        return f"{lost.article}: taken out; quoth index reads {lost.file} again"
    return (
        f"{lost.article}: its file, {lost.file}, is gone; to take it out, run:"
        f" quoth articles remove {lost.article}"
    )


def _as_json(library: Location, report: Report) -> dict[str, object]:
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
