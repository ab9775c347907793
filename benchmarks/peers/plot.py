"""Draws what was measured of each tool."""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks.peers.table import QUOTH, SEARCH, PeerMeasurements

_PANELS: tuple[tuple[str, Callable[[PeerMeasurements], float], str], ...] = (
    ("cold question, s", lambda f: median(f.cold), "{:.2f}"),
    ("warm question, ms", lambda f: 1000 * median(f.warm), "{:.0f}"),
    ("one article added, s", lambda f: median(f.adding), "{:.1f}"),
    ("most memory, MB", lambda f: f.peak, "{:,.0f}"),
    ("first quote answers, %", lambda f: 100 * f.quote_at(0), "{:.0f}"),
)
_OURS, _THEIRS = "#3b6ea8", "#b9bec5"


def draw(path: Path, figures: Mapping[str, PeerMeasurements]) -> None:
    """Draw a bar for each tool, a panel for each kind of figure, as a PNG.

    Args:
        path: of the picture.
        figures: of every tool; the search alone is left out.
    """
    # A figure of its own draws without a display, and without pyplot choosing a backend.
    from matplotlib.figure import Figure

    shown = {name: each for name, each in reversed([*figures.items()]) if name != SEARCH}
    picture = Figure(figsize=(13, 2.4), layout="constrained")
    colours = [_OURS if name == QUOTH else _THEIRS for name in shown]
    for axes, (title, value, form) in zip(picture.subplots(1, len(_PANELS)), _PANELS, strict=True):
        values = [value(each) for each in shown.values()]
        bars = axes.barh([*shown], values, color=colours)
        axes.bar_label(bars, [form.format(each) for each in values], padding=3)
        axes.set(title=title, xlim=(0, 1.25 * max(values)), xticks=[])
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
        if axes.get_subplotspec().colspan.start:
            axes.set_yticklabels([])
    picture.savefig(path, format="png", dpi=130)
