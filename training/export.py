"""Writes the trained reader as an int8 ONNX file, with its card.

    python -m training.export [--work DIR] [--to DIR]

Reads ``<work>/reader.safetensors``; writes ``reader.onnx`` and the hash beside it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from safetensors.torch import load_file

from retrieval.models.encoder.bert_graph import BertGraph, BertShape
from retrieval.models.reader.model import MODEL_FOLDER, READER_FILE
from training.model import LAYER, SIZE, StateDict, to_bert
from training.options import argument_parser


class _ReaderGraph(BertGraph):
    """The reader: how well a passage answers, and each piece's scores as an answer's ends."""

    inputs = ("input_ids", "attention_mask", "token_type_ids")

    def _segment(self) -> str:
        table = self._constant("segments", self._weights["embeddings.token_type_embeddings.weight"])
        return self._node("Gather", [table, "token_type_ids"])

    def _outputs(self, hidden: str) -> Mapping[str, Sequence[str | int]]:
        first = self._node("Gather", [hidden, self._constant("first", np.array(0))], axis=1)
        self._head("relevance", first)
        self._head("span", hidden)
        return {"relevance": ["batch", 1], "span": ["batch", "pieces", 2]}

    def _head(self, name: str, hidden: str) -> None:
        weight = self._constant(f"{name}.weight", self._weights[f"{name}.weight"].T)
        bias = self._constant(f"{name}.bias", self._weights[f"{name}.bias"])
        added = self._node("Add", [self._node("MatMul", [hidden, weight]), bias])
        self._node("Cast", [added], to=TensorProto.FLOAT)
        self._nodes[-1].output[0] = name


def to_onnx(state: StateDict) -> bytes:
    """A ``ReaderModel``'s state as an int8 ONNX file."""
    weights = {name: tensor.numpy() for name, tensor in to_bert(state).items()}
    shape = BertShape(SIZE.layers, SIZE.heads, SIZE.epsilon, "cls")
    file: bytes = _ReaderGraph(weights, shape).model().SerializeToString()
    return file


def from_onnx(file: Path) -> StateDict:
    """The weights of a written reader, to train it further; rounded, as they are there.

    Returns:
        The state of a ``ReaderModel``.
    """
    stored = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(file).graph.initializer
    }
    state = {
        "words.weight": stored["words"] * stored["words.scale"],
        "positions.weight": stored["positions"],
        "segments.weight": stored["segments"],
    }
    names = {"norm": "embeddings.LayerNorm"}
    for layer in range(SIZE.layers):
        for ours, theirs in (LAYER | {"qkv": "attention.self.qkv"}).items():
            names[f"layers.{layer}.{ours}"] = f"encoder.layer.{layer}.{theirs}"
    for ours, theirs in names.items():
        rounded = stored.get(f"{theirs}.int8")
        state[f"{ours}.weight"] = (
            stored[f"{theirs}.weight"]
            if rounded is None
            else (rounded * stored[f"{theirs}.scale"]).T
        )
        state[f"{ours}.bias"] = stored[f"{theirs}.bias"]
    for head in ("relevance", "span"):
        state[f"{head}.weight"] = stored[f"{head}.weight"].T
        state[f"{head}.bias"] = stored[f"{head}.bias"]
    return {
        name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in state.items()
    }


def main() -> None:
    """Write the model and its hash into the folder."""
    parser = argument_parser(__doc__)
    parser.add_argument("--to", type=Path, default=MODEL_FOLDER, help="folder of the model")
    options = parser.parse_args()
    file = to_onnx(load_file(options.work / "reader.safetensors"))
    options.to.mkdir(parents=True, exist_ok=True)
    (options.to / READER_FILE).write_bytes(file)
    digest = hashlib.sha256(file).hexdigest()
    (options.to / f"{READER_FILE}.sha256").write_text(f"{digest}  {READER_FILE}\n", "utf-8")
    print(f"{len(file):,} bytes, SHA-256 {digest}")


if __name__ == "__main__":
    main()
