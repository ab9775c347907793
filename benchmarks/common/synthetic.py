"""Articles and vectors for libraries of any size: real ones as far as there are, then made ones.

The articles that the questions of ``news`` are about come first, 95,274 passages, then the rest of
its archive, 630,000 together. Further ones are made of theirs: the title of one, and every third
paragraph of three others. The vectors of the first passages are the packaged model's; they are
encoded once and kept. Each further one is a real vector plus half the difference of two others,
made anew as it is asked for: about as near to it as passages on one subject are to each other, and
spread as real ones are.
"""

import gzip
import hashlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import ArticleRow
from retrieval.documents.passages import encoder_text, split_into_passages
from retrieval.ingest.index import index
from retrieval.library.local.reader import LocalReader
from retrieval.library.progress import Reporter
from retrieval.models.encoder.base import Encoder, Progress, Vectors, l2_normalise

_AT_ONCE = 4096  # passages encoded before they are written
_IN_A_FILE = 20_000  # passages
_NOISE = 0.5  # of the difference of two real vectors


def real_articles(data: Path) -> Iterator[ArticleRow]:
    """The articles that the questions are about, then the others."""
    known = set()
    for name in ("articles", "archive"):
        with gzip.open(data / "news" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if row["id"] not in known:
                    known.add(row["id"])
                    yield row


def unlimited_articles(data: Path) -> Iterator[ArticleRow]:
    """The real articles, then recombined ones without end."""
    there = []
    for row in real_articles(data):
        there.append(row)
        yield row
    chance = random.Random(0)  # noqa: S311 - not for secrets
    for number in range(1 << 62):
        title, *others = chance.choices(there, k=4)
        parts = [other["text"].split("\n\n")[n::3] for n, other in enumerate(others)]
        text = "\n\n".join(paragraph for part in parts for paragraph in part)
        yield {**title, "id": f"made-{number}", "url": None, "text": text}


def passage_texts(rows: Iterator[ArticleRow]) -> Iterator[str]:
    """What the encoder is given for the passages of articles."""
    for row in rows:
        for each in split_into_passages(row["text"]):
            yield encoder_text(row["title"], row["text"][each.start : each.end])


class SyntheticEncoder:
    """Gives real vectors to the passages that were encoded, made ones to the others.

    Args:
        real: what encodes.
        data: the folder with the archive.
        cache: a folder for the vectors that were encoded.
        encoded: of how many passages there are to be real vectors.
    """

    def __init__(self, real: Encoder, data: Path, cache: Path, encoded: int) -> None:
        self.identity, self.dimension = real.identity, real.dimension
        self._real = real
        texts = list(islice(passage_texts(real_articles(data)), encoded))
        self.vectors = _encoded(real, texts, cache / "vectors.f16")
        self._rows = {_key(text): n for n, text in enumerate(texts)}

    def encode_query(self, text: str) -> Vectors:
        """The question's real vector, shape (1, dimension)."""
        return self._real.encode_query(text)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of shape (texts, dimension); the same text always gets the same."""
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        for n, text in enumerate(texts):
            key = _key(text)
            row = self._rows.get(key)
            found[n] = self._made(key) if row is None else self.vectors[row]
        if progress:
            progress(len(texts), len(texts))
        return l2_normalise(found)

    def _made(self, key: bytes) -> NDArray[np.float32]:
        three = np.frombuffer(key[:24], dtype=np.uint64).reshape(1, 3) % len(self.vectors)
        return interpolated(self.vectors, three.astype(np.int64)).reshape(-1)


class RandomEncoder:
    """Vectors drawn at random, for libraries of which only the size counts.

    Args:
        other: whose identity and dimension it has, so that it may take over afterwards.
    """

    def __init__(self, other: Encoder) -> None:
        self.identity, self.dimension = other.identity, other.dimension
        self._chance = np.random.default_rng(0)

    def encode_query(self, text: str) -> Vectors:
        """A random unit vector, shape (1, dimension)."""
        return self.encode_passages([text])

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Random unit vectors, shape (texts, dimension)."""
        if progress:
            progress(len(texts), len(texts))
        drawn = self._chance.standard_normal((len(texts), self.dimension), dtype=np.float32)
        return l2_normalise(drawn)


def interpolated(real: NDArray[np.float16], chosen: NDArray[np.int64]) -> Vectors:
    """Unit vectors between real ones: one plus half the difference of two others.

    Args:
        real: vectors, one a row.
        chosen: shape (n, 3): the row to change, and the two whose difference is the noise.
    """
    one, two, three = (real[chosen[:, n]].astype(np.float32) for n in range(3))
    return l2_normalise(one + _NOISE * (two - three))


def _encoded(real: Encoder, texts: Sequence[str], path: Path) -> NDArray[np.float16]:
    """The vectors of texts: what is in the file, and after it those encoded now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    row = 2 * real.dimension
    with path.open("ab") as file:
        file.truncate(file.tell() // row * row)  # a killed run may have left part of one
        for start in range(file.tell() // row, len(texts), _AT_ONCE):
            vectors = real.encode_passages(texts[start : start + _AT_ONCE])
            file.write(vectors.astype(np.float16).tobytes())
            file.flush()
            print(f"encoded {start + len(vectors):,} of {len(texts):,}", flush=True)
    there = np.fromfile(path, dtype=np.float16).reshape(-1, real.dimension)
    return there[: len(texts)]


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def write_articles(folder: Path, data: Path, passages: int) -> None:
    """Write the articles of at least so many passages, in files of JSON lines."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, held = unlimited_articles(data), 0
    for number in count():
        if held >= passages:
            break
        part, lines = 0, []
        while part < _IN_A_FILE and held + part < passages:
            row = next(rows)
            part += len(split_into_passages(row["text"]))
            lines.append(json.dumps(row) + "\n")
        (folder / f"{number:05}.jsonl").write_text("".join(lines), encoding="utf-8")
        held += part


def archive_articles(data: Path) -> Iterator[ArticleRow]:
    """The articles of ``news/archive``, as they are read."""
    with gzip.open(data / "news" / "archive.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def write_jsonl(path: Path, articles: Iterator[ArticleRow]) -> None:
    """Write articles as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(article) + "\n" for article in articles)


def build_archive_library(
    folder: Path, articles: Iterator[ArticleRow], passages: int, encoder: Encoder
) -> Path:
    """Index articles into a library in ``folder`` until it holds at least so many passages."""
    library = folder / f"{passages}"
    files = folder / f"{passages}.articles"
    files.mkdir()
    held = 0
    while held < passages:
        write_jsonl(files / f"{held}.jsonl", islice(articles, max(20, passages // 60)))
        index([files], library, encoder, Reporter(lambda problem: sys.exit(str(problem))))
        opened = LocalReader(library)
        held = opened.state().passages
        opened.close()
    return library
