"""Answers' candidates from a server: by vectors, and by words where it has BM25.

Words are weighed here, so that only which passages are looked at depends on the server.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from retrieval.documents.analyzer import Analyzer
from retrieval.documents.article import Article
from retrieval.library.filter import Filter
from retrieval.library.fusion import DEPTH, Candidate, fuse
from retrieval.library.milvus.bm25 import Weights
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import article_key, day_of, key_of_id_key, source_of
from retrieval.library.milvus.schema import BOUNDED, check_encoder, open_library
from retrieval.library.milvus.server import Server
from retrieval.library.records import LibraryState, PassageRow
from retrieval.models.encoder.base import Encoder, Vectors

_DEPTH_WITHOUT_WORDS = 200
_LOOKED_AT = 200  # HNSW's ef: how much of the graph is looked at
_FIELDS = ["article", "version", "paragraph", "start", "stop"]


class MilvusSearcher:
    """A ``LibrarySearcher`` on a server.

    Raises:
        LibraryError: it cannot be opened, or another encoder made it.
    """

    def __init__(self, place: MilvusLocation, encoder: Encoder) -> None:
        self._server = Server(place)
        try:
            opened = open_library(self._server)
            check_encoder(self._server, opened, encoder.identity)
            self._library = MilvusReader(self._server, opened)
        except BaseException:
            self._server.close()
            raise
        self.analyzer = Analyzer()
        self._weights = Weights(self.analyzer)
        self.notice: str | None = None
        if not opened.words:
            self.notice = (
                f"{place}: the server finds no words (Milvus 2.5 and later do), so passages are"
                " found by meaning alone, and more of them are read"
            )

    def close(self) -> None:
        self._library.close()

    def follow(self) -> None:
        if not self._server.is_connected:
            check_encoder(self._server, open_library(self._server), self._library.names.encoder)

    @contextmanager
    def snapshot(self) -> Iterator[LibraryState]:
        with self._library.snapshot() as state:
            self._weights.catch_up(self._library, state)
            yield state

    def search(
        self, question: str, vector: Vectors, within: Filter, carried: Mapping[str, float]
    ) -> list[Candidate]:
        if within.sources is not None and not within.sources:
            return []
        where = condition_of(within)
        asked = {**carried, **dict.fromkeys(self.analyzer.content_terms(question), 1.0)}
        words = self._library.names.words
        found, cosines = self._nearest(vector, where, DEPTH if words else _DEPTH_WITHOUT_WORDS)
        if words:
            for passage, version in self._holding(asked, where):
                found.setdefault(passage.id, (passage, version))
            others = [number for number in found if number not in cosines]
            if others:
                named = f"id in [{', '.join(map(str, others))}]"
                cosines.update(self._nearest(vector, named, len(others))[1])
        articles = self._library.articles(passage.article for passage, _ in found.values())
        rows: list[PassageRow] = []
        scores: dict[int, float] = {}
        for passage, version in found.values():
            current, article = articles.get(passage.article, (None, None))
            # Passages of another version are on their way in or out: what the article says counts.
            if article is None or current != version:
                continue
            if not within.admits(article.source, article.date):
                continue
            rows.append(passage)
            scores[passage.id] = self._weights.score(asked, article, passage.start, passage.end)
        return fuse(rows, scores, cosines)

    def weights(self, question: str) -> dict[str, float]:
        return self._weights.of(question)

    def articles_by_number(self, numbers: Iterable[int]) -> dict[int, Article]:
        return {key: article for key, (_, article) in self._library.articles(numbers).items()}

    def article(self, article_id: str) -> Article | None:
        return self._library.article(article_id)

    def article_with(self, key: str) -> Article | None:
        number = key_of_id_key(key)
        if number is None:
            return None
        found = self._library.articles([number]).get(number)
        return found[1] if found and article_key(found[1].id) == number else None

    def _nearest(
        self, vector: Vectors, where: str, limit: int
    ) -> tuple[dict[int, tuple[PassageRow, int]], dict[int, float]]:
        """The nearest passages, each with the version that it is of; and their cosines."""
        params = {"metric_type": "IP", "params": {"ef": max(limit, _LOOKED_AT)}}
        (hits,) = self._server.call(
            "search",
            self._library.names.passages,
            data=[vector[0].tolist()],
            anns_field="vector",
            limit=limit,
            filter=where,
            output_fields=_FIELDS,
            search_params=params,
            consistency_level=BOUNDED,
        )
        cosines = {hit["id"]: float(hit["distance"]) for hit in hits}
        return {hit["id"]: _passage(hit["id"], hit["entity"]) for hit in hits}, cosines

    def _holding(self, words: Iterable[str], where: str) -> Iterator[tuple[PassageRow, int]]:
        """The passages that the server's BM25 finds, each with the version that it is of."""
        text = " ".join(words)
        if not text:
            return
        (hits,) = self._server.call(
            "search",
            self._library.names.passages,
            data=[text],
            anns_field="sparse",
            limit=DEPTH,
            filter=where,
            output_fields=_FIELDS,
            search_params={"metric_type": "BM25"},
            consistency_level=BOUNDED,
        )
        for hit in hits:
            yield _passage(hit["id"], hit["entity"])


def _passage(number: int, row: Mapping[str, int]) -> tuple[PassageRow, int]:
    passage = PassageRow(number, row["article"], row["paragraph"], row["start"], row["stop"])
    return passage, row["version"]


def condition_of(within: Filter) -> str:
    """A filter as the server takes it, in whole numbers alone; the rest is seen to afterwards."""
    parts = []
    if within.since or within.until:
        parts.append(f"day >= {max(1, day_of(within.since))}")
    if within.until:
        parts.append(f"day <= {day_of(within.until)}")
    if within.source is not None:
        parts.append(f"source == {source_of(within.source)}")
    if within.sources is not None:
        named = ", ".join(str(source_of(each)) for each in sorted(within.sources))
        parts.append(f"source in [{named}]")
    return " and ".join(parts)
