"""Quoth beside the others, where its commands do not do: many questions to one process.

python -m benchmarks.peers.quoth serve  LIBRARY   (search and reader)
python -m benchmarks.peers.quoth search LIBRARY   (search alone)
python -m benchmarks.peers.quoth encode TEXTS
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.common.data import ArticleRow
from benchmarks.peers.runner import RESULTS, serve, timed_encoding
from retrieval.answering.answerer import Answerer
from retrieval.answering.candidates import deduplicated
from retrieval.ingest.index import index
from retrieval.library.filter import Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader


class QuothTool:
    """A library, asked with the reader."""

    def __init__(self, library: Path) -> None:
        self._path = library

    def prepare(self) -> None:
        """Load the model."""
        self._encoder = load_encoder()

    def index(self, articles: list[ArticleRow]) -> int:
        """Not for this: ``quoth index`` does it."""
        raise NotImplementedError

    def open(self) -> None:
        """Load the models and open the library."""
        self.prepare()
        self._answerer = Answerer(self._path, self._encoder, Reader(), min_confidence=0.0)

    def ask(self, question: str) -> list[str]:
        """The quotes."""
        return [quote.text for quote in self._answerer.ask(question, RESULTS).quotes]

    def add(self, article: ArticleRow) -> None:
        """Add an article from a file of its own."""
        with tempfile.NamedTemporaryFile(
            "w", suffix=".jsonl", dir=self._path.parent, delete=False, encoding="utf-8"
        ) as file:
            file.write(json.dumps(article) + "\n")
        index([Path(file.name)], self._path, self._encoder, Reporter(_stop))


class QuothSearchTool(QuothTool):
    """The same without the reader."""

    def open(self) -> None:
        """Load the encoder and open the library."""
        self.prepare()
        self._library = LocalReader(self._path)
        self._searcher = HybridSearch(self._library, self._encoder.dimension)

    def ask(self, question: str) -> list[str]:
        """What the search puts first."""
        with self._library.snapshot():
            self._searcher.catch_up()
            vector = self._encoder.encode_query(question)
            candidates = self._searcher.search(question, vector, Filter())
            distinct = deduplicated(self._library, candidates, RESULTS)
            return [each.text for each in distinct]


def _stop(problem: object) -> None:
    sys.exit(str(problem))


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "encode":
        timed_encoding(load_encoder().encode_passages, Path(rest[0]))
    else:
        answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        serve((QuothTool if command == "serve" else QuothSearchTool)(Path(rest[0])), answers)
