"""The collections as other tools cut and search them: pieces, with vectors or BM25 alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import tantivy
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.common.data import ArticleRow
from retrieval.documents.passages import MAX_CHARACTERS
from retrieval.models.encoder import Encoder

_OVERLAP = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an article's text."""

    article: str
    words: str


ScoredPieces = list[tuple[Piece, float]]
"""Pieces with their scores, best first."""


def cut(articles: Sequence[ArticleRow]) -> list[Piece]:
    """Cut articles as a LangChain user does, into pieces of a quote's length."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=MAX_CHARACTERS, chunk_overlap=_OVERLAP)
    return [
        Piece(article["id"], words)
        for article in articles
        for words in splitter.split_text(article["text"])
    ]


class ByVector:
    """Exact search by the same encoder's vectors.

    Args:
        pieces: what is searched.
        encoder: of pieces and questions.
        kept: a file for the vectors, so that a second run need not make them again.
    """

    def __init__(self, pieces: Sequence[Piece], encoder: Encoder, kept: Path) -> None:
        self._pieces, self._encoder = pieces, encoder
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, encoder.encode_passages([piece.words for piece in pieces]))
        self._index = faiss.IndexFlatIP(encoder.dimension)
        self._index.add(np.load(kept))

    def find(self, question: str, limit: int) -> ScoredPieces:
        """The nearest pieces, with their cosines."""
        scores, numbers = self._index.search(self._encoder.encode_query(question), limit)
        pairs = zip(numbers[0].tolist(), scores[0].tolist(), strict=True)
        return [(self._pieces[number], score) for number, score in pairs if number >= 0]


class ByWords:
    """BM25 alone, English word stems, any of the question's words.

    Args:
        pieces: what is searched.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("words", tokenizer_name="en_stem")
        schema.add_integer_field("number", stored=True)
        self._index = tantivy.Index(schema.build())
        writer = self._index.writer()
        for number, piece in enumerate(pieces):
            writer.add_document(tantivy.Document(words=piece.words, number=number))
        writer.commit()
        self._index.reload()

    def find(self, question: str, limit: int) -> ScoredPieces:
        """The best pieces, with their scores."""
        query, _ = self._index.parse_query_lenient(question, ["words"])
        searcher = self._index.searcher()
        hits = searcher.search(query, limit).hits
        found = [(searcher.doc(address)["number"][0], score) for score, address in hits]
        return [(self._pieces[number], score) for number, score in found]
