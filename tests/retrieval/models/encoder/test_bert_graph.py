"""The graph that is written by hand: what comes out of a tiny one, of random weights."""

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from retrieval.models.encoder.bert_graph import BertShape, build

HIDDEN, INNER, PIECES, LAYERS = 32, 64, 50, 2


def weights() -> dict[str, NDArray[np.float32]]:
    """A ``BertModel``'s state."""
    chance = np.random.default_rng(1)
    made: dict[str, NDArray[np.float32]] = {}

    def table(name: str, *shape: int) -> None:
        made[f"{name}.weight"] = chance.normal(0, 0.1, shape).astype(np.float32)

    def dense(name: str, out: int, width: int) -> None:
        table(name, out, width)
        made[f"{name}.bias"] = chance.normal(0, 0.1, out).astype(np.float32)

    def norm(name: str) -> None:
        made[f"{name}.weight"] = np.ones(HIDDEN, np.float32)
        made[f"{name}.bias"] = np.zeros(HIDDEN, np.float32)

    for name, rows in (("word", PIECES), ("position", 16), ("token_type", 2)):
        table(f"embeddings.{name}_embeddings", rows, HIDDEN)
    norm("embeddings.LayerNorm")
    for at in (f"encoder.layer.{n}." for n in range(LAYERS)):
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            dense(f"{at}attention.{part}", HIDDEN, HIDDEN)
        norm(f"{at}attention.output.LayerNorm")
        dense(f"{at}intermediate.dense", INNER, HIDDEN)
        dense(f"{at}output.dense", HIDDEN, INNER)
        norm(f"{at}output.LayerNorm")
    return made


def vectors(pooling: str, *texts: list[int]) -> NDArray[np.float32]:
    """What the graph makes of texts given as pieces, padded to one length."""
    model = build(weights(), BertShape(LAYERS, 4, 1e-12, pooling))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    ids = np.zeros((len(texts), max(map(len, texts))), np.int64)
    mask = np.zeros_like(ids)
    for n, text in enumerate(texts):
        ids[n, : len(text)], mask[n, : len(text)] = text, 1
    (found,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    assert [output.shape for output in session.get_outputs()] == [["batch", HIDDEN]]
    return np.asarray(found, np.float32)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("texts", [[[3]], [[3, 7, 9]], [[3, 7, 9], [4], [5, 6]]])
def test_one_vector_of_each_text(pooling: str, texts: list[list[int]]) -> None:
    found = vectors(pooling, *texts)
    assert found.shape == (len(texts), HIDDEN)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_neither_padding_nor_company_changes_it_much(pooling: str) -> None:
    texts = [[3, 7, 9, 11, 13], [4], [5, 6]]
    for text, together in zip(texts, vectors(pooling, *texts), strict=True):
        assert cosine(vectors(pooling, text)[0], together) > 0.99


def test_the_first_piece_stands_for_all_only_where_it_is_all() -> None:
    one, other = (vectors(pooling, [3])[0] for pooling in ("cls", "mean"))
    assert cosine(one, other) > 0.9999
    one, other = (vectors(pooling, [3, 7, 9])[0] for pooling in ("cls", "mean"))
    assert cosine(one, other) < 0.95


def test_two_products_fit_in_16_bits_whatever_is_multiplied() -> None:
    """Or a processor without VNNI makes other vectors than one with it."""
    constants = build(weights(), BertShape(LAYERS, 4, 1e-12, "mean")).graph.initializer
    multiplied = {
        constant.name: np.abs(numpy_helper.to_array(constant).astype(int)).max()
        for constant in constants
        if constant.data_type == TensorProto.INT8 and constant.name != "words"
    }
    assert 2 * 255 * max(multiplied.values()) <= 32_767
    assert sum(most > 60 for most in multiplied.values()) == 4 * LAYERS  # and no bit is wasted
