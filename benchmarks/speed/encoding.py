"""How fast passages are encoded, beside ``SentenceTransformer.encode`` on the same texts.

    python -m benchmarks.speed.encoding [--data DIR] [--articles N]

The passages are those of the first N articles of ``news``. Both run in one process, in turn.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.common.data import argument_parser, read_jsonl
from retrieval.documents.passages import encoder_text, split_into_passages
from retrieval.models.encoder import DEFAULT_MODEL, load_encoder
from retrieval.models.encoder.loader import local_folder


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    texts = [
        encoder_text(article["title"], article["text"][passage.start : passage.end])
        for article in read_jsonl(options.data / "news" / "articles.jsonl.gz")[: options.articles]
        for passage in split_into_passages(article["text"])
    ]

    from sentence_transformers import SentenceTransformer

    encoder = load_encoder(DEFAULT_MODEL)
    original = SentenceTransformer(str(local_folder(DEFAULT_MODEL)), device="cpu")
    # Both have seen some texts before anything is timed.
    encoder.encode_passages(texts[:64])
    original.encode(texts[:64])

    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(_seconds(lambda: encoder.encode_passages(texts)))
        theirs.append(_seconds(lambda: original.encode(texts)))
    cosines = (encoder.encode_passages(texts) * original.encode(texts)).sum(axis=1)

    print(f"{len(texts)} passages, {options.rounds} rounds, medians")
    print(f"{'Quoth':32} {len(texts) / statistics.median(ours):7.0f} passages a second")
    print(f"{'SentenceTransformer.encode':32} {len(texts) / statistics.median(theirs):7.0f}")
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    print(
        f"ratio {ratio:.2f}; cosine of the two: mean {np.mean(cosines):.4f}, "
        f"lowest {np.min(cosines):.4f}"
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
