"""How fast a library on a Milvus server is, and how many of the nearest passages it finds.

    python -m benchmarks.scale.milvus milvus://host:port/NAME [--passages 100000] [--questions 200]

Writes articles of made words with made vectors (a thousand clusters of them) under a name that is
not taken, asks, compares with all vectors looked at, and leaves the library there. Nothing is
encoded: what is measured is the server, and what Quoth does around it.
"""

import argparse
import datetime
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing

import numpy as np

from retrieval.documents.article import Article
from retrieval.library.filter import Filter
from retrieval.library.milvus import schema
from retrieval.library.milvus.collections import make_library
from retrieval.library.milvus.location import parse_address
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import passages_of
from retrieval.library.milvus.searcher import MilvusSearcher, condition_of
from retrieval.library.milvus.server import Server
from retrieval.library.milvus.writer import MilvusWriter, Prepared
from retrieval.models.encoder.base import Progress, Vectors, l2_normalise

_DIMENSION, _CLUSTERS, _NEAR = 384, 1_000, 1.0
_BATCH = 10_000  # passages
_RECALL = 20
_REST = 20  # seconds
_FIRST_DAY, _DAYS = datetime.date(2020, 1, 1), 1_000
_SINCE = _FIRST_DAY + datetime.timedelta(days=700)  # three articles of ten are later


class ClusteredEncoder:
    """Vectors around the middles of clusters."""

    identity, dimension = "made@1", _DIMENSION

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._middles = l2_normalise(self._made(_CLUSTERS))

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """A vector for each text, whatever it says."""
        middles = self._middles[self._random.integers(0, _CLUSTERS, len(texts))]
        return l2_normalise(middles + _NEAR * self._made(len(texts)) / np.sqrt(_DIMENSION))

    def encode_query(self, text: str) -> Vectors:
        """A vector for a question, shape (1, dimension)."""
        return self.encode_passages([text])

    def _made(self, count: int) -> Vectors:
        return self._random.standard_normal((count, _DIMENSION)).astype(np.float32)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    chosen = parser.parse_args()
    place = parse_address(chosen.address)
    encoder = ClusteredEncoder()
    server = Server(place)
    if schema.exist(server):
        sys.exit(f"{place}: there already; name another")
    library = MilvusReader(server, make_library(server, encoder.identity, _DIMENSION))
    vectors, days = _write(library, encoder, chosen.passages)
    server.call("flush", library.names.passages, seconds=120)
    while server.call("describe_index", library.names.passages, "vector")["pending_index_rows"]:
        time.sleep(1)
    time.sleep(_REST)  # until what searches has taken over what was built
    with closing(MilvusSearcher(place, encoder)) as asked:
        _ask(asked, encoder, vectors, days, chosen.questions)


def _write(
    library: MilvusReader, encoder: ClusteredEncoder, wanted: int
) -> tuple[Vectors, Vectors]:
    """Write so many passages; returns their vectors and days."""
    writer = MilvusWriter(library)
    made = random.Random(0)  # noqa: S311 - no secret
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "lmnrst"]
    kept, days, number, seconds = [], [], 0, 0.0
    count = 0
    while count < wanted:
        batch: list[Prepared] = []
        size = 0
        while size < min(_BATCH, wanted - count):
            day = _FIRST_DAY + datetime.timedelta(days=made.randrange(_DAYS))
            text = "\n\n".join(" ".join(made.choices(words, k=60)) for _ in range(10))
            article = Article(f"made-{number}", f"Made {number}", day, "Made", None, text)
            passages = passages_of(article)
            vectors = encoder.encode_passages([""] * len(passages))
            batch.append(Prepared(article, "made", passages, vectors))
            kept.append(vectors)
            days += [day.toordinal()] * len(passages)
            size += len(passages)
            number += 1
        began = time.perf_counter()
        writer.put(batch)
        seconds += time.perf_counter() - began
        count += size
    print(f"{count:,} passages written, {count / seconds:,.0f} a second")
    return np.concatenate(kept), np.array(days, dtype=np.float32)


def _ask(
    asked: MilvusSearcher,
    encoder: ClusteredEncoder,
    vectors: Vectors,
    days: Vectors,
    questions: int,
) -> None:
    for name, within in (("all days", Filter()), ("since a day", Filter(since=_SINCE))):
        there = vectors if within == Filter() else vectors[days >= _SINCE.toordinal()]
        took: dict[str, list[float]] = {"candidates": [], "server's nearest": []}
        recalls = []
        for _ in range(questions):
            query = encoder.encode_query("")
            exact = np.sort(there @ query[0])[::-1][_RECALL - 1]
            with asked.snapshot():
                began = time.perf_counter()
                asked.search("", query, within, {})
                took["candidates"].append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            near = asked._nearest(query, condition_of(within), _RECALL)[1].values()
            took["server's nearest"].append((time.perf_counter() - began) * 1000)
            recalls.append(sum(score >= exact - 1e-5 for score in near) / _RECALL)
        print(f"{name}: recall@{_RECALL} {statistics.mean(recalls):.4f}")
        for what, each in took.items():
            p50, p95 = statistics.median(each), sorted(each)[int(len(each) * 0.95)]
            print(f"  {what}: p50 {p50:.1f} ms, p95 {p95:.1f} ms")


if __name__ == "__main__":
    main()
