"""LangChain with FAISS: the vector store of its integration page, kept by ``save_local``.

That page has it from ``langchain-community``, which says of itself that it is maintained no more.
"""

from pathlib import Path

import numpy as np
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from numpy.typing import NDArray

from benchmarks.common.data import ArticleRow
from benchmarks.peers.runner import CHARACTERS, OVERLAP, RESULTS, main


class LangChain:
    """Vectors in a flat FAISS index, texts in a pickle beside it."""

    def __init__(self, model: str, folder: Path) -> None:
        self._model, self._folder = model, str(folder)

    def prepare(self) -> None:
        """Load the model."""
        self._embeddings = HuggingFaceEmbeddings(model_name=self._model)

    def index(self, articles: list[ArticleRow]) -> int:
        """Index articles."""
        pieces = _cut(articles)
        self._store = FAISS.from_documents(pieces, self._embeddings)
        self._store.save_local(self._folder)
        return len(pieces)

    def fill(self, texts: list[str], vectors: NDArray[np.float32]) -> None:
        """Keep pieces whose vectors are known."""
        pairs = zip(texts, vectors.tolist(), strict=True)
        FAISS.from_embeddings(pairs, self._embeddings).save_local(self._folder)

    def open(self) -> None:
        """Load the model and the index."""
        self.prepare()
        self._store = FAISS.load_local(
            self._folder, self._embeddings, allow_dangerous_deserialization=True
        )

    def ask(self, question: str) -> list[str]:
        """The nearest pieces."""
        found = self._store.similarity_search(question, k=RESULTS)
        return [piece.page_content for piece in found]

    def add(self, article: ArticleRow) -> None:
        """Add an article."""
        self._store.add_documents(_cut([article]))
        self._store.save_local(self._folder)


def _cut(articles: list[ArticleRow]) -> list[Document]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHARACTERS, chunk_overlap=OVERLAP)
    cut: list[Document] = splitter.split_documents(
        [
            Document(page_content=each["text"], metadata={"title": each["title"]})
            for each in articles
        ]
    )
    return cut


if __name__ == "__main__":
    main(LangChain)
