"""How good the reader is on held-out questions while it is trained."""

from collections.abc import Sequence

import torch

from training.batches import POSITIVE, Row, RowBuilder, padded
from training.examples import TrainingQuestion
from training.model import ReaderModel, half_precision

_MAX_ANSWER_PIECES = 30


def validation_metrics(
    model: ReaderModel, builder: RowBuilder, questions: Sequence[TrainingQuestion]
) -> dict[str, float]:
    """Metrics on questions with all their passages.

    Returns:
        ``first``: the share whose right passage scores highest among all its passages, ``exact``
        and ``overlap``: exact match and F1 in word pieces of the best span in the right one.
    """
    model.eval()
    first, exact, overlap = [], [], []
    for n, question in enumerate(questions):
        rows = builder.all_rows(question, n)
        with torch.no_grad(), half_precision():
            (scores,) = model([padded(rows)])
        first.append(float(scores.relevance.argmax() == 0))
        if rows[0].kind == POSITIVE:
            span = best_span(scores.start[0], scores.end[0], rows[0])
            golds = list(zip(rows[0].starts, rows[0].ends, strict=True))
            exact.append(float(span in golds))
            overlap.append(max(_f1(span, gold) for gold in golds))
    return {
        "first": sum(first) / len(first),
        "exact": sum(exact) / len(exact),
        "overlap": sum(overlap) / len(overlap),
    }


def best_span(start: torch.Tensor, end: torch.Tensor, row: Row) -> tuple[int, int]:
    """The likeliest first and last piece of an answer."""
    last = len(row.ids) - 1
    pairs = start[row.passage_start : last, None] + end[None, row.passage_start : last]
    size = pairs.shape[0]
    places = torch.arange(size)
    length = places[None] - places[:, None]
    pairs = pairs.masked_fill((length < 0) | (length >= _MAX_ANSWER_PIECES), -1e9)
    at = int(pairs.argmax())
    return row.passage_start + at // size, row.passage_start + at % size


def _f1(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0]) + 1
    if shared <= 0:
        return 0.0
    return 2 * shared / (one[1] - one[0] + 1 + other[1] - other[0] + 1)
