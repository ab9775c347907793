"""``SentenceTransformer.encode`` alone, timed for ``benchmarks.peers.comparison``.

python -m benchmarks.peers.sentence_transformer MODEL TEXTS
"""

import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer

from benchmarks.peers.runner import timed_encoding

if __name__ == "__main__":
    timed_encoding(SentenceTransformer(sys.argv[1], device="cpu").encode, Path(sys.argv[2]))
