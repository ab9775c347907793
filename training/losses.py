"""The loss that the reader is trained by."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from training.batches import PERTURBED, POSITIVE, Row
from training.model import Scores


def reader_losses(scores: Sequence[Scores], rows: Sequence[Sequence[Row]]) -> dict[str, Tensor]:
    """The parts of the loss of a batch.

    Args:
        scores: of each part of the batch.
        rows: of each part, in the same order.

    Returns:
        ``span``: cross-entropy of the answer's first and last piece (any of the places where its
        words stand), ``none``: the same of "no answer here" where there is none, ``rank``:
        cross-entropy of the right passage among a question's, ``judge``: binary cross-entropy of
        every relevance, ``pair``: logistic loss of a question over its changed one.
    """
    span, none, relevance = [], [], []
    for score, part in zip(scores, rows, strict=True):
        allowed = torch.zeros_like(score.start, dtype=torch.bool)
        gold_start, gold_end = torch.zeros_like(allowed), torch.zeros_like(allowed)
        for n, row in enumerate(part):
            allowed[n, 0] = True
            allowed[n, row.passage_start : len(row.ids) - 1] = True
            gold_start[n, list(row.starts) or [0]] = True
            gold_end[n, list(row.ends) or [0]] = True
        each = torch.zeros(len(part))
        for logits, gold in ((score.start, gold_start), (score.end, gold_end)):
            chances = logits.masked_fill(~allowed, -1e4).log_softmax(-1)
            each = each - chances.masked_fill(~gold, -1e4).logsumexp(-1) / 2
        right = torch.tensor([row.kind == POSITIVE for row in part])
        span.append(each[right])
        none.append(each[~right])
        relevance.append(score.relevance)

    flat = [row for part in rows for row in part]
    scored = torch.cat(relevance)
    right = torch.tensor([float(row.kind == POSITIVE) for row in flat])
    judge = functional.binary_cross_entropy_with_logits(scored, right)

    rank, pair = [], []
    groups: dict[int, list[int]] = {}
    for n, row in enumerate(flat):
        groups.setdefault(row.group, []).append(n)
    for members in groups.values():
        best = [n for n in members if flat[n].kind == POSITIVE]
        if not best:
            continue
        others = [n for n in members if flat[n].kind not in (POSITIVE, PERTURBED)]
        ordered = scored[best + others]
        rank.append(ordered.logsumexp(0) - ordered[0])
        pair += [
            functional.softplus(scored[n] - scored[best[0]])
            for n in members
            if flat[n].kind == PERTURBED
        ]
    zero = torch.zeros(())
    return {
        "span": torch.cat(span).mean(),
        "none": torch.cat(none).mean() if any(len(part) for part in none) else zero,
        "rank": torch.stack(rank).mean(),
        "judge": judge,
        "pair": torch.stack(pair).mean() if pair else zero,
    }
