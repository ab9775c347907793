"""Draws what each threshold would do: how many questions are answered, and how many rightly."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from retrieval.documents.formats.files import printable
from retrieval.errors import QuothError
from retrieval.evaluation.evaluate import TARGET_PRECISION, EvaluationMetrics
from retrieval.evaluation.metrics import OperatingPoint


class PlotError(QuothError):
    """A plot that cannot be drawn or written."""


def check_plot(path: Path) -> None:
    """Check, before anything is measured, that a plot can be drawn and written.

    Raises:
        PlotError: what draws is not installed, or the file cannot be written.
    """
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError:
        raise PlotError("--plot needs matplotlib; run: pip install 'quoth[plot]'") from None
    new = not path.exists()
    try:
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        raise _not_writable(path, error) from error


def draw(path: Path, points: Sequence[OperatingPoint], figures: EvaluationMetrics) -> None:
    """Draw the share that is right over the share answered, as a PNG whatever the file's name.

    Args:
        points: what each threshold would do.
        figures: with the threshold in use and the one suggested, which are marked.

    Raises:
        PlotError: the file cannot be written.
    """
    # A figure of its own draws without a display, and without pyplot choosing a backend.
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        [point.answered / figures.questions for point in points],
        [point.precision for point in points],
        marker="." if len(points) < 100 else "",
        label="every threshold",
    )
    marked = (("present", "o", figures.present), ("suggested", "*", figures.suggested))
    for name, marker, threshold in marked:
        if threshold and threshold.share_right is not None:
            axes.plot(
                threshold.share_answered,
                threshold.share_right,
                marker=marker,
                markersize=10,
                linestyle="",
                label=f"{name}: QUOTH_MIN_CONFIDENCE={threshold.min_confidence:g}",
            )
    axes.axhline(TARGET_PRECISION, color="grey", linewidth=0.8, linestyle=":")
    axes.set(
        xlim=(0, 1.02),
        ylim=(0, 1.02),
        xlabel=f"answered, of {figures.questions:,} questions",
        ylabel="right, of those answered",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(xmax=1))
    figure.legend(loc="outside upper left")
    try:
        figure.savefig(path, format="png", dpi=150)
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> PlotError:
    return PlotError(f"{printable(path)}: cannot be written ({error.strerror}); name another file")
