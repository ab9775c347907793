"""``quoth eval``: measures the answers to questions whose answers are known."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bot import settings
from bot.cli.eval_plot import check, draw
from bot.cli.exit_status import FAILED, OK
from bot.cli.json_line import print_json
from bot.cli.progress import reporting
from bot.cli.say import say
from bot.settings import Settings
from bot.startup import open_answerer
from bot.wording import counted
from retrieval.answering.answer import Answer
from retrieval.errors import ReadingError
from retrieval.evaluation.dataset import LabelledQuestion, read_questions
from retrieval.evaluation.evaluate import (
    EvaluatedAnswer,
    EvaluationMetrics,
    ask_all,
    compute_metrics,
    misses,
    threshold_curve,
)

_TOLD = 10  # bad lines: a file with more is some other file


def run(questions: str, plot: str | None, worst: int, as_json: bool, library: str | None) -> int:
    """Ask, measure, print, and return the exit status."""
    chosen = settings.load(library)
    picture = None if plot is None else Path(plot)
    if picture:
        check(picture)
    lines = [*read_questions(Path(questions))]
    bad = [line for line in lines if isinstance(line, ReadingError)]
    if bad:  # measuring only the others would mislead
        _tell(bad)
        return FAILED
    outcomes = _ask(chosen, [line for line in lines if isinstance(line, LabelledQuestion)])
    figures = compute_metrics(outcomes, chosen.min_confidence)
    show = _json_printer() if as_json else _text_printer()
    show(figures, misses(outcomes)[:worst])
    if picture:
        draw(picture, threshold_curve(outcomes), figures)
    return OK


def _tell(bad: Sequence[ReadingError]) -> None:
    """Name the lines that cannot be used."""
    for problem in bad[:_TOLD]:
        say(f"quoth: {problem}")
    if len(bad) > _TOLD:
        say(f"quoth: {counted(len(bad) - _TOLD, 'more line')} like these; nothing was measured")


def _ask(chosen: Settings, questions: Sequence[LabelledQuestion]) -> list[EvaluatedAnswer]:
    """Ask every question, showing on a terminal how many are done."""
    answerer = open_answerer(chosen)
    outcomes: list[EvaluatedAnswer] = []

    def ask(question: LabelledQuestion, top: int) -> Answer:
        return answerer.ask(question.text, top, history=question.history)

    try:
        with reporting() as reporter:
            for outcome in ask_all(ask, questions):
                outcomes.append(outcome)
                reporter.progress("Asking", len(outcomes), len(questions))
    finally:
        answerer.close()
    return outcomes


def _json_printer() -> Callable[[EvaluationMetrics, Sequence[EvaluatedAnswer]], None]:
    from bot.cli.eval_json import figures_as_json

    return lambda figures, missed: print_json(figures_as_json(figures, missed))


def _text_printer() -> Callable[[EvaluationMetrics, Sequence[EvaluatedAnswer]], None]:
    from bot.cli.answer_text import console
    from bot.cli.eval_tables import show

    output = console()
    return lambda figures, missed: show(figures, missed, output)
