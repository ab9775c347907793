"""Writes a BERT model as an int8 ONNX graph of fused operators.

Tracing a model gives a correct graph that spends much of its time on masks, shapes and copies.
For the architecture behind most small sentence encoders it pays to write the graph by hand with
onnxruntime's own fused operators (QAttention, DynamicQuantizeMatMul).

Weights become int8 with one scale for each output column (for the word embeddings: each word),
symmetric, as ``q = round(w / s)`` with ``s = max|w| / 63`` (127 for the word embeddings, which are
only looked up); activations are quantised as they come, to 8 bits. A processor without instructions
for that (x86 without VNNI) adds two products in 16 bits, which ``2 * 255 * 63`` fits and
``2 * 255 * 127`` does not: what overflowed cost more than the bit does, and each kind of processor
made other vectors. Whether the result is good enough is for the caller to check.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.float32]]

_MATMUL_STEPS, _LOOKUP_STEPS = 63, 127  # of its scale, the largest weight of a row or column

_CONTRIB = "com.microsoft"
_OPSET = 17


@dataclass(frozen=True, slots=True)
class BertShape:
    """What the graph's structure depends on.

    Attributes:
        heads: attention heads in each.
        pooling: ``"mean"`` over the pieces, or ``"cls"``, the first piece's vector.
    """

    layers: int
    heads: int
    epsilon: float
    pooling: str


def build(weights: Weights, shape: BertShape) -> onnx.ModelProto:
    """Write the graph.

    Args:
        weights: a ``BertModel``'s state, by its own names.
        shape: the rest that must be known.

    Returns:
        A model from ``input_ids`` and ``attention_mask`` (both int64, batch x pieces) to
        ``vector`` (float32, batch x hidden), not yet of unit length.
    """
    return _EncoderGraph(weights, shape).model()


class BertGraph(ABC):
    """A graph as it is written: the model's layers, and what a subclass makes of their output."""

    def __init__(self, weights: Weights, shape: BertShape) -> None:
        self._weights = weights
        self._shape = shape
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        mask = self._node("Cast", ["attention_mask"], to=TensorProto.INT32)
        hidden = self._embed()
        for layer in range(self._shape.layers):
            hidden = self._layer(f"encoder.layer.{layer}.", hidden, mask)
        outputs = self._outputs(hidden)
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "pieces"])
                for name in self.inputs
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in outputs.items()
            ],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    inputs: Sequence[str] = ("input_ids", "attention_mask")

    @abstractmethod
    def _outputs(self, hidden: str) -> Mapping[str, Sequence[str | int]]:
        """Write the outputs from the last layer's ``hidden``; returns their names and shapes."""

    def _segment(self) -> str | None:
        """What is added to the embeddings for each piece's segment; None where there is one."""
        return None

    # Parts of the model

    def _embed(self) -> str:
        words = self._weights["embeddings.word_embeddings.weight"]
        scale, quantised = _quantise(words, axis=1, largest=_LOOKUP_STEPS)
        table = self._constant("words", quantised)
        scales = self._constant("words.scale", scale)
        ids = "input_ids"
        pieces = self._node("Cast", [self._node("Gather", [table, ids])], to=TensorProto.FLOAT)
        pieces = self._node("Mul", [pieces, self._node("Gather", [scales, ids])])

        segment = self._segment()
        places = self._weights["embeddings.position_embeddings.weight"]
        if segment is None:  # its embedding is the same for every position
            places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        positions = self._constant("positions", places)
        length = self._node("Shape", [ids], start=1, end=2)
        first = self._constant("zero", np.array([0], dtype=np.int64))
        used = self._node("Slice", [positions, first, length])
        pieces = self._node("Add", [pieces, used])
        if segment is not None:
            pieces = self._node("Add", [pieces, segment])
        return self._norm("embeddings.LayerNorm", pieces)

    def _layer(self, at: str, hidden: str, mask: str) -> str:
        attended = self._attention(at + "attention.self.", hidden, mask)
        attended = self._dense(at + "attention.output.dense", attended)
        attended = self._norm(
            at + "attention.output.LayerNorm", self._node("Add", [attended, hidden])
        )
        inner = self._dense(at + "intermediate.dense", attended)
        inner = self._node("Gelu", [inner], domain=_CONTRIB)
        outer = self._dense(at + "output.dense", inner)
        return self._norm(at + "output.LayerNorm", self._node("Add", [outer, attended]))

    def _attention(self, at: str, hidden: str, mask: str) -> str:
        names = ("query", "key", "value")
        weight = np.concatenate([self._weights[f"{at}{name}.weight"].T for name in names], axis=1)
        bias = np.concatenate([self._weights[f"{at}{name}.bias"] for name in names])
        quantised, scale, zero = self._columns(at + "qkv", weight)
        inputs = [f"{at}in", f"{at}in.scale", f"{at}in.zero"]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [hidden], inputs))
        return self._node(
            "QAttention",
            [
                inputs[0],
                quantised,
                self._constant(at + "qkv.bias", bias),
                inputs[1],
                scale,
                mask,
                inputs[2],
                zero,
            ],
            domain=_CONTRIB,
            num_heads=self._shape.heads,
        )

    # Pieces of parts

    def _dense(self, name: str, hidden: str) -> str:
        quantised, scale, zero = self._columns(name, self._weights[name + ".weight"].T)
        bias = self._constant(name + ".bias", self._weights[name + ".bias"])
        inputs = [hidden, quantised, scale, zero, bias]
        return self._node("DynamicQuantizeMatMul", inputs, domain=_CONTRIB)

    def _norm(self, name: str, hidden: str) -> str:
        weight = self._constant(name + ".weight", self._weights[name + ".weight"])
        bias = self._constant(name + ".bias", self._weights[name + ".bias"])
        return self._node(
            "LayerNormalization", [hidden, weight, bias], axis=-1, epsilon=self._shape.epsilon
        )

    def _columns(self, name: str, weight: NDArray[np.float32]) -> tuple[str, str, str]:
        """Constants of an (in, out) matrix with a scale for each column: q, scale, zero point."""
        scale, quantised = _quantise(weight, axis=0, largest=_MATMUL_STEPS)
        return (
            self._constant(name + ".int8", quantised),
            self._constant(name + ".scale", scale.ravel()),
            self._constant(name + ".zero", np.zeros(weight.shape[1], dtype=np.int8)),
        )

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        output = f"{kind}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


class _EncoderGraph(BertGraph):
    """A graph with one vector a text: the pooled pieces of the last layer."""

    def _outputs(self, hidden: str) -> Mapping[str, Sequence[str | int]]:
        size = self._weights["embeddings.word_embeddings.weight"].shape[1]
        self._pool(hidden)
        return {"vector": ["batch", size]}

    def _pool(self, hidden: str) -> None:
        if self._shape.pooling == "cls":
            first = self._constant("first", np.array(0, dtype=np.int64))
            self._nodes.append(helper.make_node("Gather", [hidden, first], ["vector"], axis=1))
            return
        # A masked sum points where the masked mean does, and vectors become unit length anyway.
        row = self._constant("row", np.array([1], dtype=np.int64))
        mask = self._node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
        total = self._node("MatMul", [self._node("Unsqueeze", [mask, row]), hidden])
        self._nodes.append(helper.make_node("Squeeze", [total, row], ["vector"]))


def _quantise(
    weight: NDArray[np.float32], axis: int, largest: int
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """The scale of each row or column, and the weights in steps of it, as int8."""
    max_abs = np.abs(weight).max(axis=axis, keepdims=True)
    scale: NDArray[np.float32] = np.where(max_abs > 0, max_abs / largest, 1).astype(np.float32)
    return scale, np.clip(np.rint(weight / scale), -largest, largest).astype(np.int8)
