"""What ``quoth eval`` measured, as the terminal shows it."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.terminal_text import escape_controls
from bot.wording import counted
from retrieval.evaluation.evaluate import EvaluatedAnswer, EvaluationMetrics

_UNKNOWN = "—"  # what these questions cannot tell
_LONGEST = 100  # characters of what was asked, said or expected: its beginning tells


def show_tables(
    figures: EvaluationMetrics, missed: Sequence[EvaluatedAnswer], output: Console
) -> None:
    kinds = f"{figures.answerable:,} answerable, {figures.unanswerable:,} not"
    output.print(Text(f"{counted(figures.questions, 'question')}, {kinds}", style="bold"))
    output.print(_figures(figures))
    output.print()
    if missed:
        output.print(Text("The worst misses", style="bold"))
        output.print(_misses(missed))
        output.print()
    _show_suggestion(figures, output)


def _figures(figures: EvaluationMetrics) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style="cyan")
    table.add_column(style="dim", overflow="fold")
    for name, figure, meaning in _rows(figures):
        table.add_row(name, figure, meaning)
    return table


def _rows(figures: EvaluationMetrics) -> Iterator[tuple[str, str, str]]:
    """Each figure's name, the figure, and what it means."""
    now = figures.present
    yield "quote@1", _percent(figures.quote_at_1), "an accepted answer stands in the first quote"
    yield "quote@3", _percent(figures.quote_at_3), "… in one of the first three"
    yield "article@1", _percent(figures.article_at_1), "the first quote is from the right article"
    yield "article@3", _percent(figures.article_at_3), "… one of the first three is"
    yield "article@10", _percent(figures.article_at_10), "… one of the first ten is"
    yield "exact match", _percent(figures.exact_match), "the words marked in it are one"
    yield "F1", _percent(figures.f1), "what they have in common with one"
    yield (
        "not found", _number(figures.not_found_auroc),
        "chance that an answerable one is the surer (0.5: a coin)",
    )  # fmt: skip
    yield (
        "90 % right", _percent(figures.coverage_at_90),
        "can be answered with 90 % of the answers right",
    )  # fmt: skip
    yield (
        "calibration", _number(figures.calibration_error),
        "how far confidence is from the share right (0: honest)",
    )  # fmt: skip
    yield (
        "answered", _percent(now.share_answered),
        f"are answered at the present threshold of {now.min_confidence:g}",
    )  # fmt: skip
    yield "right", _percent(now.share_right), "of these answers"
    yield "median", f"{figures.median_ms:,.0f} ms", "half of the answers came within this"
    yield "95 %", f"{figures.p95_ms:,.0f} ms", "… and 95 % of them within this"


def _misses(missed: Sequence[EvaluatedAnswer]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, leading=1, header_style="dim")
    table.add_column("sure", no_wrap=True, justify="right")
    for name in ("asked", "said", "expected"):
        table.add_column(name, ratio=1, overflow="fold")
    for each in missed:
        said = (each.words or each.quote or "") if each.answered else "not found"
        expected = " / ".join(each.question.answers) or "not found"
        texts = (each.question.text, said, expected)
        table.add_row(_percent(each.confidence), *(Text(_short(text)) for text in texts))
    return table


def _show_suggestion(figures: EvaluationMetrics, output: Console) -> None:
    best = figures.suggested
    if best is None:
        output.print("No QUOTH_MIN_CONFIDENCE to suggest: none has more answers right than wrong")
        return
    effect = f"{_percent(best.share_answered)} answered, {_percent(best.share_right)} of them right"
    output.print(Text(f"Suggested: QUOTH_MIN_CONFIDENCE={best.min_confidence}", style="bold"))
    output.print(f"(most right answers less wrong ones: {effect})")


def _percent(share: float | None) -> str:
    return _UNKNOWN if share is None else f"{share:.1%}".replace("%", "\N{NO-BREAK SPACE}%")


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.3f}"


def _short(text: str) -> str:
    line = escape_controls(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"
