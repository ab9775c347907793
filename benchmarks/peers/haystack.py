"""Haystack: its tutorial's hybrid pipeline over the in-memory store, kept by ``save_to_disk``.

The tutorial ends with a ranker, which is another model; without one, its documentation has the
joiner fuse both retrievers' ranks.
"""

from pathlib import Path

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import RecursiveDocumentSplitter
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.common.data import ArticleRow
from benchmarks.peers.runner import CHARACTERS, RESULTS, main

_SEPARATORS = ["\n\n", "\n", ".", " "]  # its own for sentences fetches a model


class Haystack:
    """BM25 and vectors, their ranks fused, with the title in what is encoded."""

    def __init__(self, model: str, folder: Path) -> None:
        self._model, self._file = model, folder / "store.json"
        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")

    def prepare(self) -> None:
        """Load the model."""
        self._writing = Pipeline()
        self._writing.add_component(
            "cut",
            RecursiveDocumentSplitter(
                split_length=CHARACTERS,
                split_overlap=0,  # as in its documentation; else it cuts within words
                split_unit="char",
                separators=_SEPARATORS,
            ),
        )
        self._writing.add_component(
            "embed",
            SentenceTransformersDocumentEmbedder(
                model=self._model, meta_fields_to_embed=["title"], progress_bar=False
            ),
        )
        self._writing.add_component("write", DocumentWriter(document_store=self._store))
        self._writing.connect("cut", "embed")
        self._writing.connect("embed", "write")
        self._writing.warm_up()

    def index(self, articles: list[ArticleRow]) -> int:
        """Index articles."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._write(articles)
        self._make_ready()
        return int(self._store.count_documents())

    def open(self) -> None:
        """Load the model and the index."""
        self._store = InMemoryDocumentStore.load_from_disk(str(self._file))
        self._make_ready()

    def ask(self, question: str) -> list[str]:
        """The best pieces of both retrievers."""
        found = self._asking.run(
            {
                "embed": {"text": question},
                "words": {"query": question},
                "join": {"top_k": RESULTS},
            }
        )
        return [document.content for document in found["join"]["documents"]]

    def add(self, article: ArticleRow) -> None:
        """Add an article."""
        if not hasattr(self, "_writing"):
            self.prepare()
        self._write([article])

    def _write(self, articles: list[ArticleRow]) -> None:
        documents = [
            Document(content=each["text"], meta={"title": each["title"]}) for each in articles
        ]
        self._writing.run({"cut": {"documents": documents}})
        self._store.save_to_disk(str(self._file))

    def _make_ready(self) -> None:
        self._asking = Pipeline()
        self._asking.add_component("embed", SentenceTransformersTextEmbedder(model=self._model))
        self._asking.add_component(
            "vectors", InMemoryEmbeddingRetriever(document_store=self._store)
        )
        self._asking.add_component("words", InMemoryBM25Retriever(document_store=self._store))
        self._asking.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        self._asking.connect("embed.embedding", "vectors.query_embedding")
        self._asking.connect("vectors", "join")
        self._asking.connect("words", "join")
        self._asking.warm_up()


if __name__ == "__main__":
    main(Haystack)
