"""Runs a model with sentence-transformers: on a GPU, or where it could not be exported."""

from collections.abc import Iterator, Sequence

import numpy as np

from retrieval.models.encoder.base import Progress, Vectors, l2_normalise

_CHUNK = 1024  # texts between two reports of progress


class TorchEncoder:
    """A model as sentence-transformers runs it.

    Args:
        source: a path or a name on the model hub.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, as torch calls them.
        identity: see ``Encoder``.
    """

    def __init__(self, source: str, device: str, identity: str, *, local: bool) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(source, device=device, local_files_only=local)
        self.identity = identity
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode_query(self, text: str) -> Vectors:
        return l2_normalise(np.asarray(self._model.encode_query([text], show_progress_bar=False)))

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages. The vector of one that the model sees in parts is the parts' mean."""
        total = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            parts = [(row, part) for row, text in enumerate(chunk) for part in self._parts(text)]
            vectors = self._model.encode_document(
                [part for _, part in parts], show_progress_bar=False
            )
            for (row, part), vector in zip(parts, l2_normalise(np.asarray(vectors)), strict=True):
                total[start + row] += len(part) * vector
            if progress:
                progress(start + len(chunk), len(texts))
        return l2_normalise(total)

    def _parts(self, text: str) -> Iterator[str]:
        """The text in halves of halves, until the model sees each whole."""
        limit = self._model.max_seq_length
        if len(text) < 2 or limit is None or len(self._model.tokenizer(text)["input_ids"]) <= limit:
            yield text
            return
        middle = text.find(" ", len(text) // 2) + 1 or len(text) // 2
        middle = middle if middle < len(text) else len(text) // 2
        yield from self._parts(text[:middle])
        yield from self._parts(text[middle:])
