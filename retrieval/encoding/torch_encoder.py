"""Runs a model with sentence-transformers: on a GPU, or where it could not be exported."""

from collections.abc import Sequence

from retrieval.encoding.encoder import Progress, Vectors, unit

_CHUNK = 1024  # texts between two reports of progress


class TorchEncoder:
    """A model as sentence-transformers runs it.

    Args:
        source: a path or a name on the model hub.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, as torch calls them.
        identity: see ``Encoder``.
        local: True forbids any download.
    """

    def __init__(self, source: str, device: str, identity: str, *, local: bool) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(source, device=device, local_files_only=local)
        self.identity = identity
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode_query(self, text: str) -> Vectors:
        """Encode one question. Returns shape (1, dimension)."""
        return unit(self._model.encode_query([text], show_progress_bar=False))

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages. What is longer than the model sees is cut off by the library."""
        import numpy as np

        chunks = []
        for start in range(0, len(texts), _CHUNK):
            chunk = list(texts[start : start + _CHUNK])
            chunks.append(self._model.encode_document(chunk, show_progress_bar=False))
            if progress:
                progress(start + len(chunk), len(texts))
        if not chunks:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return unit(np.concatenate(chunks))
