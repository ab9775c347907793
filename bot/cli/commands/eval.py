"""``quoth eval``: measures the answers to questions whose answers are known."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import json_option, library_option
from bot.cli.output import FAILED, OK, print_json, print_message
from retrieval.errors import ReadingError

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.answering.answer import Answer
    from retrieval.evaluation.dataset import LabelledQuestion
    from retrieval.evaluation.evaluate import EvaluatedAnswer, EvaluationMetrics

_MOST_BAD_LINES = 10  # that are named: a file with more is some other file


@click.command("eval")
@click.argument("questions", metavar="QUESTIONS.jsonl")
@click.option("--plot", metavar="FILE.png", help="Draw how many answers could be right.")
@click.option(
    "--worst", type=click.IntRange(min=0), default=10, show_default=True, help="Misses to list."
)
@json_option
@library_option
def evaluate(
    questions: str, plot: str | None, worst: int, as_json: bool, library: str | None
) -> int:
    """Measure the answers to questions whose answers are known."""
    from bot import settings
    from bot.cli.eval_report.plot import check_plot, draw
    from retrieval.evaluation.dataset import LabelledQuestion, read_questions
    from retrieval.evaluation.evaluate import compute_metrics, misses, threshold_curve

    config = settings.load(library)
    plot_path = None if plot is None else Path(plot)
    if plot_path:
        check_plot(plot_path)
    lines = [*read_questions(Path(questions))]
    bad = [line for line in lines if isinstance(line, ReadingError)]
    if bad:  # measuring only the others would mislead
        _print_bad_lines(bad)
        return FAILED
    outcomes = _ask_all(config, [line for line in lines if isinstance(line, LabelledQuestion)])
    figures = compute_metrics(outcomes, config.min_confidence)
    show = _json_printer() if as_json else _text_printer()
    show(figures, misses(outcomes)[:worst])
    if plot_path:
        draw(plot_path, threshold_curve(outcomes), figures)
    return OK


def _print_bad_lines(bad: Sequence[ReadingError]) -> None:
    from bot.wording import counted

    for problem in bad[:_MOST_BAD_LINES]:
        print_message(f"quoth: {problem}")
    if len(bad) > _MOST_BAD_LINES:
        more = counted(len(bad) - _MOST_BAD_LINES, "more line")
        print_message(f"quoth: {more} like these; nothing was measured")


def _ask_all(
    config: "Settings", questions: "Sequence[LabelledQuestion]"
) -> "list[EvaluatedAnswer]":
    from bot.cli.progress import reporting
    from bot.cli.startup import open_answerer
    from retrieval.evaluation.evaluate import ask_all

    answerer = open_answerer(config)
    outcomes: list[EvaluatedAnswer] = []

    def ask(question: "LabelledQuestion", top: int) -> "Answer":
        return answerer.ask(question.text, top, history=question.history)

    try:
        with reporting() as reporter:
            for outcome in ask_all(ask, questions):
                outcomes.append(outcome)
                reporter.progress("Asking", len(outcomes), len(questions))
    finally:
        answerer.close()
    return outcomes


def _json_printer() -> "Callable[[EvaluationMetrics, Sequence[EvaluatedAnswer]], None]":
    from bot.cli.eval_report.report_json import figures_as_json

    return lambda figures, missed: print_json(figures_as_json(figures, missed))


def _text_printer() -> "Callable[[EvaluationMetrics, Sequence[EvaluatedAnswer]], None]":
    from bot.cli.answer_text import console
    from bot.cli.eval_report.tables import show_tables

    output = console()
    return lambda figures, missed: show_tables(figures, missed, output)
