"""Exports a sentence-transformers model to ONNX. Run as a process of its own.

    python -m retrieval.models.encoder.export MODEL FOLDER

writes ``model.onnx``, ``tokenizer.json`` and ``encoder.json`` into the folder, which exists and
is empty. On failure the last line on standard error says why.

Several formats are tried, the fastest first; the first whose vectors agree with the original's is
kept. Where none does, ``encoder.json`` says that sentence-transformers has to run the model.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.models.encoder.base import Vectors, l2_normalise
from retrieval.models.encoder.export_formats import export_formats
from retrieval.models.encoder.export_record import ExportedModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Short and long, plain and odd, so that padding, truncation and rare pieces are all in the check.
_CHECK_TEXTS = (
    "Where were the talks held?",
    "The two-day peace talks are being held at the presidential office.",
    "42",
    "Who won?",
    "At least 1,151 civilians have been killed and 1,824 injured, according to estimates.",
    "Ceļā uz mieru: “Ni hao”, said the mayor — twice!",
    "The river rose by 3.5 m overnight; schools, shops and both bridges stayed closed on Monday.",
    "Shares fell 4 per cent. " * 12,
    "What is the capital of the country whose president spoke first at the summit?",
    "A prolonged conflict is not in anyone's interest. " * 20,
)


def export(source: str, folder: Path) -> ExportedModel:
    """Write the fastest faithful export of a model into a folder.

    Args:
        source: a path, or a name on the model hub, as sentence-transformers takes it.

    Returns:
        What ``encoder.json`` says.
    """
    model = _load(source)
    reference = l2_normalise(np.asarray(model.encode(list(_CHECK_TEXTS), show_progress_bar=False)))
    queries, passages = _prompts(model)
    limit = int(model.max_seq_length or 512)

    def record(runtime: str, precision: str, cosine: float) -> ExportedModel:
        return ExportedModel(
            runtime=runtime,
            precision=precision,
            mean_cosine=round(cosine, 5),
            dimension=reference.shape[1],
            max_pieces=limit,
            query_prompt=queries,
            passage_prompt=passages,
        )

    found = record("sentence-transformers", "float32", 1.0)
    if _save_tokenizer(model, folder):
        for form in export_formats(model, _CHECK_TEXTS[:2]):
            try:
                form.write(folder / "model.onnx")
                cosine = _mean_cosine(folder, record("onnx", form.precision, 0), reference)
            except Exception as error:  # whatever an exporter trips over, the next may work
                print(f"{form.write.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
                continue
            if cosine >= form.min_cosine:
                found = record("onnx", form.precision, cosine)
                break
    if found.runtime != "onnx":
        (folder / "model.onnx").unlink(missing_ok=True)
    (folder / "encoder.json").write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
    return found


def _load(source: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(source, device="cpu", local_files_only=Path(source).exists())


def _prompts(model: "SentenceTransformer") -> tuple[str, str]:
    """What the model wants before a question and before a passage (E5: ``query: ``)."""
    prompts = model.prompts or {}
    query = prompts.get("query") or ""
    passage = prompts.get("document") or prompts.get("passage") or prompts.get("corpus") or ""
    return query, passage


def _save_tokenizer(model: "SentenceTransformer", folder: Path) -> bool:
    """Write ``tokenizer.json``; False where the model has no such tokenizer."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        return False
    backend.no_truncation()
    backend.no_padding()
    backend.save(str(folder / "tokenizer.json"))
    return True


def _mean_cosine(folder: Path, record: ExportedModel, reference: Vectors) -> float:
    """Mean cosine between the exported model's vectors and the original's.

    Texts longer than the model's limit are left out: the original cuts them off, we don't.
    """
    from retrieval.models.encoder.onnx_encoder import OnnxEncoder

    encoder = OnnxEncoder(folder, record, identity="check", prompts=False)
    short = [n for n, text in enumerate(_CHECK_TEXTS) if encoder.fits(text)]
    vectors = encoder.encode_passages([_CHECK_TEXTS[n] for n in short])
    cosines = (vectors * reference[short]).sum(axis=1)
    if not np.isfinite(cosines).all():
        return 0.0
    return float(cosines.mean())


def main() -> int:
    source, folder = sys.argv[1:]
    try:
        export(source, Path(folder))
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        print(f"{source}: {reason[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
