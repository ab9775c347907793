"""What was measured of each tool, as tables in Markdown, and which goals it reaches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

QUOTH, SEARCH = "Quoth", "Quoth, search alone"


@dataclass(slots=True)
class PeerMeasurements:
    """What was measured of a tool; seconds and megabytes, a figure of each run in a list.

    Attributes:
        installed: what it weighs with all that it needs and the model.
        first_ever: from nothing to an answer, nothing prepared on the machine.
        first: the same with the model prepared before.
        pieces: how many passages or pieces the articles make.
        indexing: all articles, the whole process.
        index_megabytes: the most memory meanwhile.
        cold: one question, the index exists, the whole process.
        warm: a question to a running process.
        right: for each question, whether the first quote answers, and one of the first three.
        adding: an article, until it is kept, in a running process.
        ask_megabytes: the most memory of the process that answers and adds.
    """

    installed: float | None = None
    first_ever: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    pieces: int = 0
    indexing: float | None = None
    index_megabytes: float = 0.0
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    right: list[tuple[bool, bool]] = field(default_factory=list)
    adding: list[float] = field(default_factory=list)
    ask_megabytes: float = 0.0

    @property
    def peak(self) -> float:
        """The most memory, of indexing and of answering."""
        return max(self.index_megabytes, self.ask_megabytes)

    def quote_at(self, place: int) -> float:
        """The share of questions with an answer in the first quotes; ``place`` 0: 1, 1: 3."""
        return float(np.mean([each[place] for each in self.right]))


_ROWS: tuple[tuple[str, Callable[[PeerMeasurements], str]], ...] = (
    ("installed, MB (PyTorch's CPU build, the model included)", lambda f: _number(f.installed)),
    ("first answer: one article indexed, one question, s", lambda f: _middle(f.first)),
    ("the same, the first time on a machine, s", lambda f: _middle(f.first_ever)),
    ("all articles indexed, whole process, s", lambda f: _number(f.indexing, 1)),
    ("passages or pieces", lambda f: f"{f.pieces:,}" if f.pieces else "—"),
    (
        "the same, passages a second",
        lambda f: f"{f.pieces / f.indexing:.0f}" if f.indexing else "—",
    ),
    ("most memory while indexing, MB", lambda f: _number(f.index_megabytes or None)),
    ("cold question, whole process, s", lambda f: _middle(f.cold)),
    ("warm question, p50, ms", lambda f: f"{np.percentile(f.warm, 50) * 1000:.1f}"),
    ("warm question, p95, ms", lambda f: f"{np.percentile(f.warm, 95) * 1000:.1f}"),
    ("one article added and kept, ms", lambda f: _middle(f.adding, 1000, 0)),
    ("most memory while asking and adding, MB", lambda f: _number(f.ask_megabytes)),
    ("quote@1", lambda f: f"{f.quote_at(0):.3f}"),
    ("quote@3", lambda f: f"{f.quote_at(1):.3f}"),
)


def table(figures: dict[str, PeerMeasurements]) -> str:
    """All figures, a column a tool."""
    lines = ["| | " + " | ".join(figures) + " |", "|---" * (len(figures) + 1) + "|"]
    for title, cell in _ROWS:
        lines.append(f"| {title} | " + " | ".join(map(cell, figures.values())) + " |")
    return "\n".join(lines)


def goals(
    figures: dict[str, PeerMeasurements],
    imports: Sequence[float],
    ours: Sequence[float],
    original: Sequence[float],
) -> str:
    """What was to be reached, and whether it was.

    Args:
        figures: of every tool.
        imports: the seconds that importing what Quoth runs on takes.
        ours: the seconds that passages take to encode.
        original: the same, with ``SentenceTransformer.encode``.
    """
    quoth, search = figures[QUOTH], figures[SEARCH]
    peers = {name: each for name, each in figures.items() if name not in (QUOTH, SEARCH)}

    def best(figure: Callable[[PeerMeasurements], float], choose: Callable[..., str] = min) -> str:
        return choose(peers, key=lambda name: figure(peers[name]))

    fastest = best(lambda f: median(f.cold))
    leanest = best(lambda f: f.peak)
    quickest = best(lambda f: median(f.warm))
    truest = best(lambda f: f.quote_at(0), max)
    adds = best(lambda f: median(f.adding))
    at_most = (
        ("cold `quoth ask`", fastest, _ratio(quoth.cold, peers[fastest].cold), 1 / 10),
        ("cold `quoth ask`", "bare imports", _ratio(quoth.cold, imports), 2.5),
        ("most memory", leanest, quoth.peak / peers[leanest].peak, 1 / 2),
        ("warm question, search alone", quickest, _ratio(search.warm, peers[quickest].warm), 1 / 3),
        ("one article added", adds, _ratio(quoth.adding, peers[adds].adding), 1 / 5),
    )
    at_least = (
        ("passages encoded a second", "`SentenceTransformer.encode`", _ratio(original, ours), 3.5),
        ("quote@1", truest, quoth.quote_at(0) / peers[truest].quote_at(0), 1.5),
    )
    lines = ["| figure | against | ratio | goal | held |", "|---|---|---|---|---|"]
    for title, against, ratio, goal in at_most:
        held = "yes" if ratio <= goal else "no"
        lines.append(f"| {title} | {against} | {ratio:.3f} | at most {goal:.3g} | {held} |")
    for title, against, ratio, goal in at_least:
        held = "yes" if ratio >= goal else "no"
        lines.append(f"| {title} | {against} | {ratio:.2f} | at least {goal:.3g} | {held} |")
    return "\n".join(lines)


def _ratio(some: Sequence[float], others: Sequence[float]) -> float:
    """The median of what was measured in turn, one over the other."""
    return median(a / b for a, b in zip(some, others, strict=True))


def _number(figure: float | None, places: int = 0) -> str:
    return "—" if figure is None else f"{figure:,.{places}f}"


def _middle(figures: Sequence[float], times: float = 1, places: int = 2) -> str:
    return f"{median(figures) * times:.{places}f}" if figures else "—"
