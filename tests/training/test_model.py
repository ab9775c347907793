"""The model that is trained, beside transformers' own; its loss, worked out slowly; its export."""

import math
import random
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from retrieval.models.encoder.loader import DEFAULT_MODEL, local_folder
from training.batches import NEGATIVE, PERTURBED, POSITIVE, Row, padded
from training.export import from_onnx, to_onnx
from training.losses import reader_losses
from training.model import Inputs, ReaderModel, Scores, from_bert, load_packaged, to_bert

QUESTIONS = [
    "Who headed the delegation?",
    "Where were the talks held?",
    "When?",
    "Ceļā uz mieru: “Ni hao”?",
    "How far did the river rise overnight, and which schools stayed closed on Monday?",
]
PASSAGES = [
    "The delegation was headed by Anna Berzina.",
    "The two-day peace talks are being held at the presidential Dolmabahce office.",
    "x",
    "The river rose by 3.5 m overnight; schools and both bridges stayed closed on Monday. " * 2,
]


def folder() -> Path:
    found = local_folder(DEFAULT_MODEL)
    assert found
    return found


@cache
def model() -> ReaderModel:
    torch.manual_seed(3)  # for the heads
    made = load_packaged(folder(), dropout=0.1)
    made.eval()
    return made


@cache
def rows() -> list[Row]:
    """Every question with every passage."""
    tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    tokenizer.no_padding()
    made = []
    for question in QUESTIONS:
        for passage in PASSAGES:
            asked, said = tokenizer.encode(question).ids, tokenizer.encode(passage).ids
            made.append(Row([*asked, *said[1:]], len(asked), len(asked), NEGATIVE, 0))
    return made


def scores_of(*parts: Inputs) -> list[Scores]:
    with torch.no_grad():
        found: list[Scores] = model()(parts)
    return found


def close(one: torch.Tensor, other: torch.Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=0, atol=1e-4)


def test_its_layers_are_those_of_bert() -> None:
    bert: nn.Module = BertModel.from_pretrained(folder(), attn_implementation="eager")
    bert.eval()
    batch = padded(rows())
    hidden: list[torch.Tensor] = []
    hook = model().layers[-1].register_forward_hook(lambda _, __, output: hidden.append(output))
    (scores,) = scores_of(batch)
    hook.remove()
    with torch.no_grad():
        wanted = bert(batch.ids, batch.mask.long(), batch.segments).last_hidden_state
        close(hidden[0].view(wanted.shape)[batch.mask], wanted[batch.mask])
        close(scores.relevance, model().relevance(wanted[:, 0])[:, 0])
        for n, ends in enumerate((scores.start, scores.end)):
            close(ends[batch.mask], model().span(wanted)[..., n][batch.mask])


def test_the_parts_of_a_batch_and_their_padding_do_not_meet() -> None:
    parts = [rows()[:3], rows()[3:4], rows()[4:]]
    together = scores_of(*map(padded, parts))
    for part, scores in zip(parts, together, strict=True):
        assert scores.start.shape == scores.end.shape == padded(part).ids.shape
        for n, row in enumerate(part):
            (alone,) = scores_of(padded([row]))
            close(scores.relevance[n], alone.relevance[0])
            close(scores.start[n, : len(row.ids)], alone.start[0])
            close(scores.end[n, : len(row.ids)], alone.end[0])


def test_its_weights_go_under_berts_names_and_back() -> None:
    bert = load_file(folder() / "model.safetensors")
    state = from_bert(bert)
    back = to_bert(state)
    assert set(bert) - set(back) <= {"embeddings.position_ids", "pooler.dense.weight",
                                     "pooler.dense.bias"}  # fmt: skip
    for name, value in back.items():
        assert torch.equal(value, bert[name]), name
    own = model().state_dict()
    assert set(own) - set(state) == {f"{h}.{k}" for h in ("relevance", "span")
                                     for k in ("weight", "bias")}  # fmt: skip
    again = from_bert(to_bert(own))
    assert all(torch.equal(value, own[name]) for name, value in again.items())
    assert torch.equal(to_bert(own)["span.weight"], own["span.weight"])


def test_the_export_says_about_the_same() -> None:
    session = onnxruntime.InferenceSession(to_onnx(model().state_dict()))
    batch = padded(rows())
    relevance, span = (
        np.asarray(output)
        for output in session.run(
            ["relevance", "span"],
            {
                "input_ids": batch.ids.numpy(),
                "attention_mask": batch.mask.long().numpy(),
                "token_type_ids": batch.segments.numpy(),
            },
        )
    )
    (scores,) = scores_of(batch)
    assert relevance.shape == (len(rows()), 1)
    assert span.shape == (*batch.ids.shape, 2)
    there = batch.mask.numpy()
    pairs = [
        (relevance[:, 0], scores.relevance.numpy()),
        (span[..., 0][there], scores.start.numpy()[there]),
        (span[..., 1][there], scores.end.numpy()[there]),
    ]
    for one, other in pairs:
        assert np.corrcoef(one, other)[0, 1] > 0.95
        assert np.abs(one - other).mean() < 0.3 * other.std()


def test_a_written_reader_can_be_trained_further(tmp_path: Path) -> None:
    state = model().state_dict()
    file = tmp_path / "reader.onnx"
    file.write_bytes(to_onnx(state))
    found = from_onnx(file)
    assert set(found) == set(state)
    for name, value in found.items():
        # Rounded to the nearest of 63 steps up to the largest weight: by half a step at most.
        limit = float(state[name].abs().max()) / 125
        assert float((value - state[name]).abs().max()) <= limit, name
    assert torch.equal(found["span.weight"], state["span.weight"])


# The loss


def row(kind: int, group: int, length: int, *places: tuple[int, int]) -> Row:
    """A row whose words begin at its fourth piece."""
    starts, ends = [start for start, _ in places], [end for _, end in places]
    return Row([7] * length, 2, 3, kind, group, starts, ends)


BATCH = [
    [row(POSITIVE, 0, 7, (3, 4)), row(NEGATIVE, 0, 8), row(PERTURBED, 0, 7), row(NEGATIVE, 1, 6)],
    [
        row(POSITIVE, 1, 9, (3, 3), (5, 7)),
        row(NEGATIVE, 2, 9),
        row(PERTURBED, 2, 8),
        row(NEGATIVE, 1, 10),
    ],
    [row(POSITIVE, 3, 5, (3, 3))],
]


def slowly(scores: list[Scores], batch: list[list[Row]]) -> dict[str, float]:
    """The same losses as sums over plain numbers."""
    span: list[float] = []
    none: list[float] = []
    judge = []
    relevance: dict[int, list[tuple[int, float]]] = {}
    for score, part in zip(scores, batch, strict=True):
        for n, each in enumerate(part):
            lost = 0.0
            for ends, gold in ((score.start, each.starts), (score.end, each.ends)):
                chances = {p: math.exp(ends[n, p]) for p in (0, *range(3, len(each.ids) - 1))}
                told = sum(chances[p] for p in (gold or [0])) / sum(chances.values())
                lost -= math.log(told) / 2
            (span if each.kind == POSITIVE else none).append(lost)
            logit = float(score.relevance[n])
            relevance.setdefault(each.group, []).append((each.kind, logit))
            judge.append((each.kind == POSITIVE, 1 / (1 + math.exp(-logit))))
    rank, pair = [], []
    for members in relevance.values():
        for best in (logit for kind, logit in members if kind == POSITIVE):
            others = sum(math.exp(logit) for kind, logit in members if kind != PERTURBED)
            rank.append(math.log(others) - best)
            pair += [math.log(1 + math.exp(x - best)) for kind, x in members if kind == PERTURBED]
    judged = [-math.log(p) if right else -math.log(1 - p) for right, p in judge]
    return {
        name: sum(values) / len(values) if values else 0.0
        for name, values in {
            "span": span, "none": none, "rank": rank, "judge": judged, "pair": pair,
        }.items()
    }  # fmt: skip


@pytest.mark.parametrize("parts", [slice(3), slice(1), slice(1, 2), slice(2, 3)])
def test_the_loss_is_what_it_says(parts: slice) -> None:
    rng = random.Random(1)  # noqa: S311 - not a secret
    batch = BATCH[parts]

    def some(*shape: int) -> torch.Tensor:
        return torch.tensor([rng.gauss(0, 2) for _ in range(math.prod(shape))]).view(shape)

    scores = []
    for part in batch:
        length = max(len(each.ids) for each in part)
        scores.append(Scores(some(len(part)), some(len(part), length), some(len(part), length)))
    found = {name: float(loss) for name, loss in reader_losses(scores, batch).items()}
    assert found == pytest.approx(slowly(scores, batch), abs=1e-5)


def test_what_is_right_costs_nothing_and_what_is_wrong_much() -> None:
    batch = [[row(POSITIVE, 0, 7, (3, 4)), row(NEGATIVE, 0, 7), row(PERTURBED, 0, 7)]]
    start, end = torch.zeros(3, 7), torch.zeros(3, 7)
    start[0, 3] = end[0, 4] = 40
    start[1:, 0] = end[1:, 0] = 40
    right = Scores(torch.tensor([30.0, -30.0, -30.0]), start, end)
    assert all(float(loss) < 1e-6 for loss in reader_losses([right], batch).values())
    wrong = Scores(-right.relevance, start.flip(0), end.flip(0))
    assert all(float(loss) > 10 for loss in reader_losses([wrong], batch).values())
