"""Models found, exported and refused; tiny ones, made here."""

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.errors import EncoderError
from retrieval.models.encoder import load_encoder, loader
from retrieval.models.encoder.export_record import ExportedModel
from retrieval.models.encoder.onnx_encoder import OnnxEncoder
from retrieval.models.encoder.torch_encoder import TorchEncoder

WORDS = (
    "the talks were held in riga river rose by night king queen met a of and where who query"
    " passage : . , ? 4 2 un ##a ##e ##s held won peace day two"
).split()


def tiny(folder: Path, kind: str, *, prompts: dict[str, str] | None = None) -> Path:
    """Save a sentence-transformers model of random weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

        torch.manual_seed(3)
        plain = folder / "plain"
        plain.mkdir(parents=True)
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(WORDS)]
        (plain / "vocab.txt").write_text("\n".join(vocabulary))
        untyped: Any = transformers
        tokenizer = untyped.BertTokenizerFast(str(plain / "vocab.txt"))
        size: dict[str, Any] = {"vocab_size": len(vocabulary), "max_position_embeddings": 64}
        if kind == "bert":
            config: Any = transformers.BertConfig(
                hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                **size,
            )  # fmt: skip
        else:
            config = transformers.DistilBertConfig(
                dim=32, n_layers=2, n_heads=4, hidden_dim=64, **size
            )
        untyped.AutoModel.from_config(config).save_pretrained(plain)
        tokenizer.save_pretrained(plain)
        transformer = Transformer(str(plain), max_seq_length=32)
        model = SentenceTransformer(
            modules=[transformer, Pooling(32)], device="cpu", prompts=prompts
        )
        model.save(str(folder / "model"))
    return folder / "model"


TEXTS = ["the talks were held in riga .", "the river rose by night", "who won ?", "king and queen"]


def original(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.parametrize("kind", ["distilbert", "bert"])
def test_a_model_is_exported_faithfully_once(tmp_path: Path, kind: str) -> None:
    model = tiny(tmp_path, kind)
    told: list[str] = []
    encoder = load_encoder(str(model), cache=tmp_path / "cache", notify=told.append)
    assert isinstance(encoder, OnnxEncoder)
    assert len(told) == 1 and "once" in told[0]
    wanted = original(model).encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    cosines = (encoder.encode_passages(TEXTS) * wanted).sum(axis=1)
    assert cosines.mean() >= 0.99

    again = load_encoder(str(model), cache=tmp_path / "cache", notify=told.append)
    assert again.identity == encoder.identity
    copy = shutil.copytree(model, tmp_path / "elsewhere" / "model")
    assert load_encoder(str(copy), cache=tmp_path / "cache").identity == encoder.identity
    assert len(told) == 1
    assert len(list((tmp_path / "cache").glob("*/model.onnx"))) == 1
    assert not list((tmp_path / "cache").glob("unfinished-*"))


def test_a_library_outlives_an_export_of_another_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny(tmp_path, "bert")
    told: list[str] = []
    identities = set()
    for form in ("then", "now", "now"):
        monkeypatch.setattr(loader, "_EXPORT_VERSION", form)
        encoder = load_encoder(str(model), cache=tmp_path / "cache", notify=told.append)
        identities.add(encoder.identity)
    assert len(told) == 2
    assert len(identities) == 1


def test_the_models_prompts_are_put_before_questions_and_passages(tmp_path: Path) -> None:
    model = tiny(tmp_path, "bert", prompts={"query": "query : ", "document": "passage : "})
    encoder = load_encoder(str(model), cache=tmp_path / "cache")
    plain = original(model)
    asked = plain.encode("query : " + TEXTS[0], normalize_embeddings=True)
    told = plain.encode("passage : " + TEXTS[0], normalize_embeddings=True)
    assert float(encoder.encode_query(TEXTS[0])[0] @ asked) >= 0.99
    assert float(encoder.encode_passages([TEXTS[0]])[0] @ told) >= 0.99
    assert float(asked @ told) < 0.999


def test_what_cannot_be_exported_is_run_by_sentence_transformers(tmp_path: Path) -> None:
    model = tiny(tmp_path, "bert")
    cache = tmp_path / "cache"
    load_encoder(str(model), cache=cache)
    (record,) = cache.glob("*/encoder.json")
    # As the export says where no form of the model agrees with it.
    said = json.loads(record.read_text()) | {"runtime": "sentence-transformers"}
    record.write_text(json.dumps(said))
    record.with_name("model.onnx").unlink()
    encoder = load_encoder(str(model), cache=cache)
    assert isinstance(encoder, TorchEncoder)
    wanted = original(model).encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), wanted, atol=1e-5)
    assert encoder.dimension == 32
    assert encoder.encode_passages([]).shape == (0, 32)


def test_an_export_that_disagrees_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrieval.models.encoder import export

    model = tiny(tmp_path, "bert")
    monkeypatch.setattr(export, "_mean_cosine", lambda *_: 0.5)
    out = tmp_path / "out"
    out.mkdir()
    found = export.export(str(model), out)
    assert found.runtime == "sentence-transformers"
    assert ExportedModel.read(out) == found
    assert not (out / "model.onnx").exists()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and a cache with its export."""
    folder = tmp_path_factory.mktemp("exported")
    load_encoder(str(tiny(folder, "bert")), cache=folder / "cache")
    return folder


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "encoder.json"])
@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_a_damaged_export_is_mended_or_told_in_one_line(
    exported: Path, tmp_path: Path, file: str, damage: str
) -> None:
    shutil.copytree(exported / "cache", tmp_path / "cache")
    (path,) = (tmp_path / "cache").glob(f"*/{file}")
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100])
    try:
        encoder = load_encoder(str(exported / "model"), cache=tmp_path / "cache")
    except EncoderError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
        assert str(path.parent) in line and "delete" in line
        if (file, damage) != ("model.onnx", "truncate"):
            return  # once is enough: preparing it takes seconds
        shutil.rmtree(path.parent)  # what the line says to do
        encoder = load_encoder(str(exported / "model"), cache=tmp_path / "cache")
    assert encoder.encode_query("who won ?").shape == (1, 32)


def test_another_model_in_the_packages_place_is_refused(tmp_path: Path) -> None:
    model = tmp_path / loader._PACKAGE / "model"
    model.mkdir(parents=True)
    (model / "modules.json").write_text("[]")
    (model / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EncoderError) as error:
        load_encoder(str(model), cache=tmp_path / "cache")
    line = str(error.value)
    assert len(line.splitlines()) == 1
    assert "SHA-256" in line and "pip install --force-reinstall" in line


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "modules.json").write_text("{")
    (tmp_path / "file").write_text("x")
    for name in ("empty", "missing", "file", "broken"):
        with pytest.raises(EncoderError) as error:
            load_encoder(str(tmp_path / name), cache=tmp_path / "cache")
        assert len(str(error.value).splitlines()) == 1
        assert str(tmp_path / name) in str(error.value)
        assert not list((tmp_path / "cache").glob("unfinished-*"))
