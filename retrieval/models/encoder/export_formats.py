"""The formats that a model can be exported to: BERT in int8 by hand, or traced by torch."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from retrieval.models.encoder.bert_graph import BertShape

_MIN_INT8_COSINE = 0.99
_MIN_FLOAT_COSINE = 0.9999


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A way to export.

    Attributes:
        precision: ``"int8"`` or ``"float32"``.
        min_cosine: of its vectors to the original's, the mean below which it is not kept.
        write: writes the ONNX file; raises whatever it trips over.
    """

    precision: str
    min_cosine: float
    write: Callable[[Path], None]


def export_formats(model: "SentenceTransformer", examples: Sequence[str]) -> list[ExportFormat]:
    """The formats to try, fastest first.

    Args:
        model: to export.
        examples: texts to trace it with.
    """

    def fused(path: Path) -> None:
        import onnx

        from retrieval.models.encoder import bert_graph

        shape = _bert_shape(model)
        if shape is None:
            raise ValueError("not a plain BERT")
        state: dict[str, torch.Tensor] = model.get_submodule("0.model").state_dict()
        weights = {name: tensor.numpy() for name, tensor in state.items()}
        onnx.save(bert_graph.build(weights, shape), str(path))

    def traced(path: Path) -> None:
        _trace(model, examples, path)

    def traced_int8(path: Path) -> None:
        from onnxruntime.quantization import QuantType, quantize_dynamic

        whole = path.with_name("float.onnx")
        _trace(model, examples, whole)
        quantize_dynamic(
            str(whole),
            str(path),
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
        )
        whole.unlink()

    return [
        ExportFormat("int8", _MIN_INT8_COSINE, fused),
        ExportFormat("int8", _MIN_INT8_COSINE, traced_int8),
        ExportFormat("float32", _MIN_FLOAT_COSINE, traced),
    ]


def _bert_shape(model: "SentenceTransformer") -> "BertShape | None":
    """The shape of a model that ``bert_graph`` can write, or None."""
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        Transformer,
    )

    from retrieval.models.encoder.bert_graph import BertShape

    modules = list(model)
    if len(modules) not in (2, 3) or not isinstance(modules[0], Transformer):
        return None
    if not isinstance(modules[1], Pooling) or not all(
        isinstance(module, Normalize) for module in modules[2:]
    ):
        return None
    config = modules[0].model.config
    pooling = modules[1].pooling_mode
    plain = (
        config.model_type == "bert"
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", None) in (None, "absolute")
        and pooling in ("mean", "cls")
    )
    if not plain:
        return None
    return BertShape(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        epsilon=config.layer_norm_eps,
        pooling=str(pooling),
    )


def _trace(model: "SentenceTransformer", examples: Sequence[str], path: Path) -> None:
    import torch

    names = [
        name
        for name in ("input_ids", "attention_mask", "token_type_ids")
        if name in model.tokenizer.model_input_names
    ]

    class Pipeline(torch.nn.Module):
        """The model as a function of tensors instead of a dictionary."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = dict(zip(names, tensors, strict=True))
            vector: torch.Tensor = self.model(features)["sentence_embedding"]
            return vector

    example = model.tokenizer(list(examples), padding=True, return_tensors="pt")
    axes = {name: {0: "batch", 1: "pieces"} for name in names}
    with warnings.catch_warnings(), torch.no_grad():
        # The newer exporter needs two more packages and thrice the time for the same graph;
        # whether the tracing one got it right is checked against the original anyway.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pipeline().eval(),
            tuple(example[name] for name in names),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=names,
            output_names=["vector"],
            dynamic_axes={**axes, "vector": {0: "batch"}},
        )
