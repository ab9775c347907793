"""LlamaIndex: ``VectorStoreIndex`` with a local model, kept by ``persist``."""

from pathlib import Path

from llama_index.core import Document, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

from benchmarks.common.data import ArticleRow
from benchmarks.peers.runner import CHARACTERS, OVERLAP, RESULTS, main


class LlamaIndex:
    """The default stores, JSON files, with the title in what is encoded, as is the default."""

    def __init__(self, model: str, folder: Path) -> None:
        self._model, self._folder = model, str(folder)
        # Its own splitter, counting characters where it counts tokens.
        self._splitter = SentenceSplitter(
            chunk_size=CHARACTERS, chunk_overlap=OVERLAP, tokenizer=list, include_metadata=False
        )

    def prepare(self) -> None:
        """Load the model."""
        self._embedding = HuggingFaceEmbedding(model_name=self._model)

    def index(self, articles: list[ArticleRow]) -> int:
        """Index articles."""
        self._index = VectorStoreIndex.from_documents(
            [_document(each) for each in articles],
            embed_model=self._embedding,
            transformations=[self._splitter],
        )
        self._keep()
        return len(self._index.index_struct.nodes_dict)

    def open(self) -> None:
        """Load the model and the index."""
        self.prepare()
        self._index = load_index_from_storage(
            StorageContext.from_defaults(persist_dir=self._folder),
            embed_model=self._embedding,
            transformations=[self._splitter],
        )
        self._retriever = self._index.as_retriever(similarity_top_k=RESULTS)

    def ask(self, question: str) -> list[str]:
        """The nearest pieces."""
        return [found.node.get_content() for found in self._retriever.retrieve(question)]

    def add(self, article: ArticleRow) -> None:
        """Add an article."""
        self._index.insert(_document(article))
        self._keep()

    def _keep(self) -> None:
        self._index.storage_context.persist(persist_dir=self._folder)
        self._retriever = self._index.as_retriever(similarity_top_k=RESULTS)


def _document(article: ArticleRow) -> Document:
    return Document(text=article["text"], metadata={"title": article["title"]})


if __name__ == "__main__":
    main(LlamaIndex)
