"""Runs an exported encoder with onnxruntime and tokenizers; nothing of torch is imported."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from retrieval.models.encoder.base import Progress, Vectors, l2_normalise
from retrieval.models.encoder.export_record import ExportedModel
from retrieval.models.onnx_session import map_in_threads, open_session


class OnnxEncoder:
    """An exported model.

    Args:
        identity: see ``Encoder``.
        prompts: False leaves the model's prompts away, to compare it with its original.

    Attributes:
        tokenizer: the model's, which cuts texts into windows of as many pieces as it sees at once.
    """

    def __init__(
        self, folder: Path, exported: ExportedModel, identity: str, *, prompts: bool = True
    ) -> None:
        self.identity = identity
        self.dimension = exported.dimension
        self._query_prompt = exported.query_prompt if prompts else ""
        self._passage_prompt = exported.passage_prompt if prompts else ""
        self._max_pieces = exported.max_pieces
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        # What is longer than the model sees comes back as further windows, not cut off.
        self.tokenizer.enable_truncation(exported.max_pieces)
        self._session = open_session(folder / "model.onnx")
        self._inputs = [node.name for node in self._session.get_inputs()]

    def encode_query(self, text: str) -> Vectors:
        return self._encode([self._query_prompt + text], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages. One longer than the model sees is encoded in windows.

        The vector of a long text is the mean of its windows' vectors, each weighted by its
        length, so that nothing is cut off unseen.
        """
        return self._encode([self._passage_prompt + text for text in texts], progress)

    def fits(self, text: str) -> bool:
        """Whether the model sees the whole text at once."""
        return not self.tokenizer.encode(text).overflowing

    def _encode(self, texts: Sequence[str], progress: Progress | None) -> Vectors:
        windows: list[Sequence[int]] = []
        owners: list[int] = []
        for owner, encoding in enumerate(self.tokenizer.encode_batch(list(texts))):
            for part in (encoding, *encoding.overflowing):
                windows.append(part.ids)
                owners.append(owner)

        total = np.zeros((len(texts), self.dimension), dtype=np.float32)
        vectors = map_in_threads(self._run, windows)
        for owner, window, vector in zip(owners, windows, vectors, strict=True):
            total[owner] += len(window) * vector
            if progress:
                progress(owner, len(texts))
        if progress:
            progress(len(texts), len(texts))
        return l2_normalise(total)

    def _run(self, window: Sequence[int]) -> Vectors:
        """The vector of one window. Nothing is padded, and no other text has a part in it."""
        ids = np.array([window], dtype=np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        (vectors,) = self._session.run(None, {name: inputs[name] for name in self._inputs})
        vector: Vectors = l2_normalise(vectors)[0]
        return vector
