"""Changes to a library on a server that belong together.

The server has no transactions: articles are brought in first, each in one visible change, and then
what is known of feeds. Whoever is killed between does both again.
"""

import json

from retrieval.documents.article import Article
from retrieval.errors import LibraryError
from retrieval.library.milvus.batches import MilvusBatches
from retrieval.library.milvus.feeds import MilvusFeeds
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import number_of, without_query
from retrieval.library.milvus.schema import STRONG, Kind
from retrieval.library.progress import Change
from retrieval.library.records import ArticleHead


class MilvusTransaction:
    """A ``Transaction`` on a server; nothing is done before ``commit``.

    Args:
        batches: which bring the articles in.
    """

    def __init__(self, library: MilvusReader, batches: MilvusBatches) -> None:
        self.feeds = MilvusFeeds(library.server, library.names)
        self._library = library
        self._batches = batches
        self._put: dict[str, tuple[Article, str]] = {}
        self._removed: dict[str, ArticleHead] = {}

    def put(self, article: Article, file: str) -> Change:
        known = self.head(article.id)
        self._removed.pop(article.id, None)
        self._put[article.id] = article, file
        if known is None:
            return "added"
        return "unchanged" if known.same_as(article) else "updated"

    def remove(self, article_id: str) -> bool:
        known = self.head(article_id)
        self._put.pop(article_id, None)
        if known is None:
            return False
        self._removed[article_id] = known
        return True

    def head(self, article_id: str) -> ArticleHead | None:
        if article_id in self._removed:
            return None
        if article_id in self._put:
            return ArticleHead.of(*self._put[article_id])
        return self._library.head(article_id)

    def article_at(self, address: str) -> str | None:
        mine = (article.id for article, file in self._put.values() if file == address)
        there = (
            head.id
            for head in self._library.heads_from(address, STRONG)
            if head.id not in self._removed and head.id not in self._put
        )
        return next(mine, None) or next(there, None)

    def same_words_at(self, address: str, sha256: str) -> tuple[str, str] | None:
        base = without_query(address)
        for article, file in self._put.values():
            if without_query(file) == base and article.sha256 == sha256:
                return article.id, file
        number = number_of(Kind.PAGE.name, base, sha256)
        row = self._library.server.row(self._library.names.ledger, number, ["value"], STRONG)
        if row is None:
            return None
        known = self.head(str(json.loads(row["value"])))
        if known is None or known.file is None or known.sha256 != sha256:
            return None
        return (known.id, known.file) if without_query(known.file) == base else None

    def commit(self) -> None:
        failed = self._batches.summary.failed
        for article, file in self._put.values():
            self._batches.put(article, file)
        for article_id, head in self._removed.items():
            self._batches.remove([article_id], head.file or "")
        self._batches.commit()
        self._batches.finish()
        if self._batches.summary.failed > failed:
            raise LibraryError(f"{self._library.server.place}: an article could not be written")
        for file in {head.file for head in self._removed.values() if head.file}:
            self._batches.read_again(file)
        self.feeds.write()
