"""Shows what ``benchmarks.scale.library_size`` measured: as a table, and as a picture."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MeasurementsBySize = Mapping[int, Mapping[str, Any]]

ROWS = (
    ("indexed, but for the encoder, s", "index_s", "{:,.0f}"),
    ("most memory of that, MB", "index_mb", "{:,.0f}"),
    ("`quoth ask`, whole process, s", "cold_s", "{:.2f}"),
    ("most memory of that, MB", "cold_mb", "{:,.0f}"),
    ("models loaded, opened and answered, ms", "open_ms", "{:,.0f}"),
    ("search alone, median, ms", "search_ms", "{:.1f}"),
    ("search alone, 95 %, ms", "search_p95_ms", "{:.1f}"),
    ("of it by vectors, median, ms", "vectors_ms", "{:.1f}"),
    ("answer, reader included, median, ms", "answer_ms", "{:,.0f}"),
    ("held by a process that answers, MB", "serve_mb", "{:,.0f}"),
    ("recall@20 by vectors", "recall", "{:.3f}"),
    ("recall@20 by words", "words_recall", "{:.3f}"),
    ("article of 800 words added, ms", "add_ms", "{:,.0f}"),
    ("the same removed, ms", "remove_ms", "{:,.0f}"),
)
DISK = (("truth", "truth_bytes"), ("words", "words_bytes"), ("vectors", "vectors_bytes"))


def table(found: MeasurementsBySize) -> str:
    """The figures in Markdown, a column a size."""
    counts = [f"{figures['passages']:,}" for figures in found.values()]
    lines = [["passages", *counts], ["---"] * (1 + len(counts))]
    for name, key, form in ROWS:
        lines.append([name, *(form.format(figures[key]) for figures in found.values())])
    for name, key in DISK:
        sizes = (figures[key] / figures["passages"] for figures in found.values())
        lines.append([f"{name}, bytes a passage", *(f"{size:,.0f}" for size in sizes)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(path: Path, found: MeasurementsBySize) -> None:
    """Draw times, memory and disk over the number of passages, as a PNG."""
    # A figure of its own draws without a display, and without pyplot choosing a backend.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    times, memory, disk = figure.subplots(1, 3)
    passages = [figures["passages"] for figures in found.values()]

    def line(axes: Any, name: str, key: str, scale: float = 1.0) -> None:
        # Where there is nothing yet, a line on a logarithmic scale begins later.
        values = [figures[key] * scale or math.nan for figures in found.values()]
        axes.plot(passages, values, marker="o", label=name)

    line(times, "quoth ask, whole process", "cold_s", 1000)
    line(times, "answer", "answer_ms")
    line(times, "search alone", "search_ms")
    line(times, "article added", "add_ms")
    times.set(title="milliseconds", yscale="log")
    line(memory, "while indexing, at most", "index_mb")
    line(memory, "while answering", "serve_mb")
    memory.plot(passages, [4 * 384 * n / 1e6 for n in passages], ":", label="vectors as float32")
    memory.set(title="megabytes of memory", yscale="log")
    for name, key in DISK:
        line(disk, name, key, 1e-6)
    disk.set(title="megabytes of disk", yscale="log")
    for axes in (times, memory, disk):
        axes.set(xscale="log", xlabel="passages")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, frameon=False)
    figure.savefig(path, format="png", dpi=150)
