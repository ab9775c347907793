"""Words of the same kind, from the packaged model's own embeddings."""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from training.unanswerable import Neighbours

_NEAREST = range(5, 20)  # the very nearest often mean the same


def neighbours(folder: Path, tokenizer: Tokenizer) -> Neighbours:
    """For each common word, others that stand where it stands.

    Args:
        folder: of the packaged model.
        tokenizer: its own.
    """
    table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    known = [
        (word, n)
        for word, n in tokenizer.get_vocab().items()
        if len(word) >= 4 and word.isascii() and word.isalpha()
    ]
    known.sort(key=lambda pair: pair[1])
    words = [word for word, _ in known]
    rows = table[[n for _, n in known]]
    rows = rows - rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = {}
    for start in range(0, len(words), 1000):
        alike = -(rows[start : start + 1000] @ rows.T)
        nearest = np.argpartition(alike, _NEAREST.stop, axis=1)[:, : _NEAREST.stop]
        order = np.argsort(np.take_along_axis(alike, nearest, axis=1), axis=1)
        for n, row in enumerate(np.take_along_axis(nearest, order, axis=1), start=start):
            found[words[n]] = [
                words[other]
                for other in row[_NEAREST.start :]
                if not _alike(words[other], words[n])
            ]
    return found


def _alike(one: str, other: str) -> bool:
    """Whether two words look like forms of one."""
    return one[:4] == other[:4]
