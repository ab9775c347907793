"""Articles on their way in, and how they get their vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.documents.article import Article
from retrieval.documents.passages import encoder_text
from retrieval.library.milvus.rows import article_key, passages_of
from retrieval.library.milvus.writer import Prepared
from retrieval.library.records import VectorSpace
from retrieval.models.encoder.base import Encoder, Vectors

_ENCODED = 128  # passages at a time


@dataclass(frozen=True, slots=True)
class Incoming:
    """An article on its way in.

    Attributes:
        vectors: of its passages, one a row; None where they are still to be encoded.
    """

    article: Article
    file: str
    vectors: Vectors | None = None

    @property
    def key(self) -> int:
        return article_key(self.article.id)


def prepare(
    articles: Sequence[Incoming], encoder: VectorSpace | None, encoded: Callable[[int], None]
) -> list[Prepared]:
    """Split articles into passages, and encode those that have no vectors.

    Args:
        encoder: whose vectors the library holds; an ``Encoder``, unless all articles have theirs.
        encoded: told after some passages how many of them were encoded just now; 0 where none was
            done yet, and time went by.
    """
    split = [passages_of(each.article) for each in articles]
    texts = [
        encoder_text(each.article.title, each.article.text[passage.start : passage.end])
        for each, passages in zip(articles, split, strict=True)
        if each.vectors is None
        for passage in passages
    ]
    made = _encode(texts, encoder, encoded) if texts else np.zeros((0, 0), dtype=np.float32)
    prepared, taken = [], 0
    for each, passages in zip(articles, split, strict=True):
        vectors = each.vectors
        if vectors is None:
            vectors = made[taken : taken + len(passages)]
            taken += len(passages)
        prepared.append(Prepared(each.article, each.file, passages, vectors))
    return prepared


def _encode(
    texts: Sequence[str], encoder: VectorSpace | None, encoded: Callable[[int], None]
) -> Vectors:
    if not isinstance(encoder, Encoder):
        raise TypeError("articles without vectors, and nothing to encode them with")
    parts = []
    for start in range(0, len(texts), _ENCODED):
        some = texts[start : start + _ENCODED]
        parts.append(encoder.encode_passages(some, lambda *_: encoded(0)))
        encoded(len(parts[-1]))
    return np.concatenate(parts)
