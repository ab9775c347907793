"""txtai: ``Embeddings`` with ``hybrid=True`` and its content kept beside it."""

from itertools import islice
from pathlib import Path

import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter
from numpy.typing import NDArray
from txtai import Embeddings

from benchmarks.common.data import ArticleRow
from benchmarks.peers.runner import CHARACTERS, OVERLAP, RESULTS, main


class Txtai:
    """Its default vector index and BM25, both scores added; texts in SQLite."""

    def __init__(self, model: str, folder: Path) -> None:
        self._model, self._folder = model, str(folder)

    def prepare(self) -> None:
        """Load the model."""
        self._embeddings = Embeddings(path=self._model, hybrid=True, content=True)

    def index(self, articles: list[ArticleRow]) -> int:
        """Index articles."""
        pieces = [piece for each in articles for piece in _cut(each)]
        self._embeddings.index(pieces)
        self._embeddings.save(self._folder)
        return len(pieces)

    def fill(self, texts: list[str], vectors: NDArray[np.float32]) -> None:
        """Keep pieces whose vectors are known: they come in the order in which they are asked for.

        txtai has no call for that, so its model is put aside while they are indexed.
        """
        given = iter(vectors)
        self._embeddings.model.encode = lambda data, category=None: np.stack(
            [*islice(given, len(data))]
        )
        self._embeddings.index(texts)
        self._embeddings.save(self._folder)

    def open(self) -> None:
        """Load the model and the index."""
        self._embeddings = Embeddings().load(self._folder)

    def ask(self, question: str) -> list[str]:
        """The best pieces."""
        return [found["text"] for found in self._embeddings.search(question, RESULTS)]

    def add(self, article: ArticleRow) -> None:
        """Add an article."""
        self._embeddings.upsert(_cut(article))
        self._embeddings.save(self._folder)


def _cut(article: ArticleRow) -> list[tuple[str, str]]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHARACTERS, chunk_overlap=OVERLAP)
    return [
        (f"{article['id']}#{number}", piece)
        for number, piece in enumerate(splitter.split_text(article["text"]))
    ]


if __name__ == "__main__":
    main(Txtai)
