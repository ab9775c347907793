"""The reader as it is trained: the packaged MiniLM with two small heads.

A sequence is ``[CLS] question [SEP] title [SEP] passage [SEP]``. From the vector of ``[CLS]`` one
head says how well the passage answers; from each piece's vector the other gives a score for being
the first and the last piece of the answer, ``[CLS]`` standing for "no answer here".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

StateDict = dict[str, Tensor]

_PARTS = ("query", "key", "value")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The shape of all-MiniLM-L6-v2."""

    layers: int = 6
    width: int = 384
    inner: int = 1536
    heads: int = 12
    pieces: int = 30_522
    positions: int = 512
    epsilon: float = 1e-12


SIZE = ModelShape()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Sequences padded to one length.

    Attributes:
        ids: word pieces, int64, shape (sequences, pieces).
        segments: 0 for the question, 1 for the rest, the same shape.
        mask: True where there is a piece, the same shape.
    """

    ids: Tensor
    segments: Tensor
    mask: Tensor


@dataclass(frozen=True, slots=True)
class Scores:
    """What the reader says of a batch; all float32, not yet probabilities.

    Attributes:
        relevance: shape (sequences,).
        start: shape (sequences, pieces).
        end: shape (sequences, pieces).
    """

    relevance: Tensor
    start: Tensor
    end: Tensor


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(SIZE.width, 3 * SIZE.width)
        self.attended = nn.Linear(SIZE.width, SIZE.width)
        self.attended_norm = nn.LayerNorm(SIZE.width, SIZE.epsilon)
        self.inner = nn.Linear(SIZE.width, SIZE.inner)
        self.outer = nn.Linear(SIZE.inner, SIZE.width)
        self.outer_norm = nn.LayerNorm(SIZE.width, SIZE.epsilon)

    def forward(self, hidden: Tensor, masks: Sequence[Tensor]) -> Tensor:
        parts = self.qkv(hidden).split([mask.numel() for mask in masks])
        with torch.autocast("cpu", enabled=False):
            mixed = torch.cat([_attend(*pair) for pair in zip(parts, masks, strict=True)])
        hidden = self.attended_norm(hidden + self.attended(mixed))
        inner = functional.gelu(self.inner(hidden))
        result: Tensor = self.outer_norm(hidden + self.outer(inner))
        return result


def _attend(qkv: Tensor, mask: Tensor) -> Tensor:
    """Attention within each sequence of a part; ``qkv`` is of shape (pieces, 3 x width)."""
    size = SIZE.width // SIZE.heads
    shape = (*mask.shape, 3, SIZE.heads, size)
    query, key, value = qkv.view(shape).permute(2, 0, 3, 1, 4)
    bias = torch.where(mask[:, None, None, :], 0.0, -1e4).to(qkv.dtype)
    # Written out: on a processor torch's fused attention takes twice as long going backward.
    weights = query @ key.transpose(-1, -2) * size**-0.5 + bias
    mixed: Tensor = weights.softmax(-1) @ value
    return mixed.transpose(1, 2).reshape(-1, SIZE.width)


class ReaderModel(nn.Module):
    """MiniLM with the two heads; see the module's docstring.

    Args:
        dropout: the share of activations that are dropped in training.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.words = nn.Embedding(SIZE.pieces, SIZE.width)
        # As they are packaged: they know far more words than the questions to learn from have.
        self.words.weight.requires_grad = False
        self.positions = nn.Embedding(SIZE.positions, SIZE.width)
        self.segments = nn.Embedding(2, SIZE.width)
        self.norm = nn.LayerNorm(SIZE.width, SIZE.epsilon)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(_Layer() for _ in range(SIZE.layers))
        self.relevance = nn.Linear(SIZE.width, 1)
        self.span = nn.Linear(SIZE.width, 2)

    def forward(self, parts: Sequence[Inputs]) -> list[Scores]:
        """Read a batch whose sequences are put together by length, each part padded by itself.

        All that works on single pieces works on all parts at once, as one long row of pieces.
        """
        shapes = [part.ids.shape for part in parts]
        sizes = [part.ids.numel() for part in parts]
        embedded = [
            self.words(part.ids)
            + self.positions.weight[: part.ids.shape[1]]
            + self.segments(part.segments)
            for part in parts
        ]
        hidden = torch.cat([each.view(-1, SIZE.width) for each in embedded])
        hidden = self.dropout(self.norm(hidden))
        masks = [part.mask for part in parts]
        for layer in self.layers:
            hidden = layer(hidden, masks)
        with torch.autocast("cpu", enabled=False):
            rows = hidden.float().split(sizes)
            return [
                self._scores(row.view(*shape, -1)) for row, shape in zip(rows, shapes, strict=True)
            ]

    def _scores(self, hidden: Tensor) -> Scores:
        start, end = self.span(hidden).unbind(-1)
        return Scores(self.relevance(hidden[:, 0]).squeeze(-1), start, end)


def half_precision() -> torch.autocast:
    """Work in bfloat16 where the processor does so itself; elsewhere it would take far longer."""
    can = torch.cpu.get_capabilities()
    enabled = bool(can.get("amx_bf16") or can.get("avx512_bf16"))
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled)


def load_packaged(folder: Path, dropout: float) -> ReaderModel:
    """The reader before training: the packaged MiniLM, its heads as torch makes them."""
    model = ReaderModel(dropout)
    model.load_state_dict(model.state_dict() | from_bert(load_file(folder / "model.safetensors")))
    return model


def from_bert(weights: StateDict) -> StateDict:
    """A ``BertModel``'s state under this model's names; the heads are not among them."""
    state = {
        f"{ours}.weight": weights[f"embeddings.{theirs}.weight"]
        for ours, theirs in _EMBEDDINGS.items()
    }
    state["norm.bias"] = weights["embeddings.LayerNorm.bias"]
    for layer in range(SIZE.layers):
        at, to = f"encoder.layer.{layer}.", f"layers.{layer}."
        for kind in ("weight", "bias"):
            parts = [weights[f"{at}attention.self.{part}.{kind}"] for part in _PARTS]
            state[f"{to}qkv.{kind}"] = torch.cat(parts)
            for ours, theirs in LAYER.items():
                state[f"{to}{ours}.{kind}"] = weights[f"{at}{theirs}.{kind}"]
    return state


def to_bert(state: StateDict) -> StateDict:
    """This model's state under a ``BertModel``'s names; the heads keep their own."""
    weights = {
        f"embeddings.{theirs}.weight": state[f"{ours}.weight"]
        for ours, theirs in _EMBEDDINGS.items()
    }
    weights["embeddings.LayerNorm.bias"] = state["norm.bias"]
    for layer in range(SIZE.layers):
        at, to = f"encoder.layer.{layer}.", f"layers.{layer}."
        for kind in ("weight", "bias"):
            for part, values in zip(_PARTS, state[f"{to}qkv.{kind}"].chunk(3), strict=True):
                weights[f"{at}attention.self.{part}.{kind}"] = values
            for ours, theirs in LAYER.items():
                weights[f"{at}{theirs}.{kind}"] = state[f"{to}{ours}.{kind}"]
    heads = {name: value for name, value in state.items() if name.startswith(("relevance", "span"))}
    return weights | heads


_EMBEDDINGS = {
    "words": "word_embeddings",
    "positions": "position_embeddings",
    "segments": "token_type_embeddings",
    "norm": "LayerNorm",
}
LAYER = {
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
