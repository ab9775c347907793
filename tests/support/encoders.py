"""Encoders for tests: ordinary implementations of the protocol, without a model."""

import hashlib
import re
import time
from collections.abc import Sequence

import numpy as np

from retrieval.models.encoder.base import Progress, Vectors, l2_normalise

AXES = {
    "talks": 0, "peace": 0, "negotiators": 0,
    "river": 1, "flood": 1, "water": 1,
    "king": 2, "queen": 2, "palace": 2,
    "goal": 3, "match": 3, "football": 3,
}  # fmt: skip
"""The words that the readable encoder knows, and the axis that each is on; 4 is for the rest."""


class ReadableEncoder:
    """One axis a theme, so that a test can say which vector comes out and how near two are.

    Args:
        identity: see ``Encoder``.
        delay: seconds that a call takes.
    """

    dimension = 5

    def __init__(self, identity: str = "readable@1", delay: float = 0.0) -> None:
        self.identity = identity
        self.encoded: list[str] = []
        self._delay = delay

    def encode_query(self, text: str) -> Vectors:
        """Encode one question."""
        return l2_normalise(np.stack([self._vector(text)]))

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages, remembering them."""
        time.sleep(self._delay)
        self.encoded += texts
        if progress:
            progress(len(texts), len(texts))
        return l2_normalise(np.stack([self._vector(text) for text in texts]))

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[AXES.get(word, self.dimension - 1)] += 1 if word in AXES else 0.1
        return vector


class ScatteredEncoder(ReadableEncoder):
    """A direction of its own for each text, the same in every process, so that nothing ties."""

    dimension = 16

    def _vector(self, text: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        return np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
