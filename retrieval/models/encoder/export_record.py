"""What is known of an exported model: the record beside it in the cache."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """The contents of ``encoder.json``.

    Attributes:
        runtime: ``"onnx"``, or ``"sentence-transformers"`` for what could not be exported.
        precision: ``"int8"`` or ``"float32"``.
        mean_cosine: of its vectors to the original's, on a few sentences.
        dimension: the length of a vector.
        max_pieces: how many word pieces it sees at once, its own marks included.
        query_prompt: what goes before a question.
        passage_prompt: what goes before a passage.
    """

    runtime: str
    precision: str
    mean_cosine: float
    dimension: int
    max_pieces: int
    query_prompt: str
    passage_prompt: str

    @classmethod
    def read(cls, folder: Path) -> "ExportedModel":
        """Read the record of an export. Raises OSError or ValueError where there is none."""
        try:
            return cls(**json.loads((folder / "encoder.json").read_text(encoding="utf-8")))
        except TypeError as error:
            raise ValueError(f"{folder / 'encoder.json'}: {error}") from error
