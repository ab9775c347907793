"""Runs an exported encoder with onnxruntime and tokenizers; nothing of torch is imported."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval.encoding.encoder import Progress, Vectors, unit
from retrieval.encoding.exported import ExportedModel
from retrieval.encoding.session import open_session

_BATCH_PIECES = 512  # at once: small batches stay in the processor's cache

_Window = NDArray[np.int64]


class OnnxEncoder:
    """An exported model.

    Args:
        folder: of the export.
        exported: its record.
        identity: see ``Encoder``.
        prompts: False leaves the model's prompts away, to compare it with its original.
    """

    def __init__(
        self, folder: Path, exported: ExportedModel, identity: str, *, prompts: bool = True
    ) -> None:
        self.identity = identity
        self.dimension = exported.dimension
        self._query_prompt = exported.query_prompt if prompts else ""
        self._passage_prompt = exported.passage_prompt if prompts else ""
        self._max_pieces = exported.max_pieces
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        # What is longer than the model sees comes back as further windows, not cut off.
        self._tokenizer.enable_truncation(exported.max_pieces)
        self._session = open_session(folder / "model.onnx")
        self._inputs = [node.name for node in self._session.get_inputs()]

    def encode_query(self, text: str) -> Vectors:
        """Encode one question. Returns shape (1, dimension)."""
        return self._encode([self._query_prompt + text], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages. One longer than the model sees is encoded in windows.

        The vector of a long text is the mean of its windows' vectors, each weighted by its
        length, so that nothing is cut off unseen.
        """
        return self._encode([self._passage_prompt + text for text in texts], progress)

    def fits(self, text: str) -> bool:
        """Whether the model sees the whole text at once."""
        return not self._tokenizer.encode(text).overflowing

    def _encode(self, texts: Sequence[str], progress: Progress | None) -> Vectors:
        windows: list[_Window] = []
        owners: list[int] = []
        for owner, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            for window in (encoding, *encoding.overflowing):
                windows.append(np.asarray(window.ids, dtype=np.int64))
                owners.append(owner)

        total = np.zeros((len(texts), self.dimension), dtype=np.float32)
        waiting = np.bincount(owners, minlength=len(texts))
        done = 0
        for batch in _batches([len(window) for window in windows]):
            vectors = unit(self._run([windows[n] for n in batch]))
            for n, vector in zip(batch, vectors, strict=True):
                total[owners[n]] += len(windows[n]) * vector
                waiting[owners[n]] -= 1
                done += waiting[owners[n]] == 0
            if progress:
                progress(int(done), len(texts))
        return unit(total)

    def _run(self, windows: Sequence[_Window]) -> NDArray[np.float32]:
        ids = np.zeros((len(windows), max(map(len, windows))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (vectors,) = self._session.run(None, {name: inputs[name] for name in self._inputs})
        result: NDArray[np.float32] = vectors
        return result


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group windows of like length, the longest first, so that little is spent on padding."""
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    start = 0
    while start < len(order):
        size = max(1, _BATCH_PIECES // lengths[order[start]])
        yield order[start : start + size]
        start += size
