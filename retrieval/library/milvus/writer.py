"""Writes articles to a server: each comes, changes and goes in one visible change.

An article counts as its one row in the articles says: the passages of that version are its, others
are on their way in or out and nobody is shown them. So new passages are written first, then the
row, which is the change, and the old passages are deleted after it. Whoever is killed between
leaves a claim that says where to look.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from retrieval.documents.analyzer import Analyzer
from retrieval.documents.article import Article
from retrieval.documents.passages import Passage, encoder_text
from retrieval.errors import ReadingError
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import (
    LONGEST_ABOUT,
    article_key,
    article_row,
    day_of,
    file_record,
    number_of,
    passage_id,
    source_of,
    text_pieces,
    version_of,
    without_query,
)
from retrieval.library.milvus.schema import STRONG, Kind, ledger_row
from retrieval.library.milvus.server import Row
from retrieval.library.records import FileRecord
from retrieval.models.encoder.base import Vectors

_ROWS = 4_000  # of passages in one call: some 8 MB
_BYTES = 8_000_000  # of texts in one call
_KEYS = 200  # articles whose passages are looked for together
_WRITE_SECONDS = 60.0
_SETTLED = 2.0  # seconds after which those who ask have seen a change


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with its passages and their vectors.

    Attributes:
        passages: in order.
        vectors: of them, one a row.
    """

    article: Article
    file: str
    passages: Sequence[Passage]
    vectors: Vectors


class MilvusWriter:
    """Writes a library; who writes an article has claimed it."""

    def __init__(self, library: MilvusReader) -> None:
        self._library = library
        self._server = library.server
        self._names = library.names
        self._analyzer = Analyzer()
        self._changed = 0.0

    def put(
        self, articles: Sequence[Prepared], mine: Callable[[], Collection[int]] | None = None
    ) -> set[int]:
        """Write articles; those of the same id are replaced. ``sweep`` removes what was theirs.

        Args:
            mine: called between parts of the work for the keys that are still claimed; by default
                all are.

        Returns:
            The keys of those that were written: what is not claimed any more was not.
        """
        rows: list[Row] = []
        for each in articles:
            rows += self._passage_rows(each)
            while len(rows) >= _ROWS:
                # Not "insert": pymilvus sends again what it had no answer to, and then a passage
                # would be there twice.
                self._write("upsert", self._names.passages, rows[:_ROWS])
                del rows[:_ROWS]
                if mine:
                    mine()
        if rows:
            self._write("upsert", self._names.passages, rows)
        for part in _of_size([row for each in articles for row in _text_rows(each.article)]):
            self._write("upsert", self._names.ledger, part)
        heads = [article_row(each.article, each.file, len(each.passages)) for each in articles]
        if mine:
            still = mine()
            heads = [row for row in heads if row["id"] in still]
        self._write_pages((each.article, each.file) for each in articles)
        for part in _of_size(heads):
            self._write("upsert", self._names.articles, part)
        if heads:
            self.changed()
        return {row["id"] for row in heads}

    def move(self, articles: Sequence[tuple[Article, str, int]]) -> None:
        """Write that articles, the same otherwise, now come from other files."""
        self._write_pages((article, file) for article, file, _ in articles)
        rows = [article_row(article, file, passages) for article, file, passages in articles]
        for part in _of_size(rows):
            self._write("upsert", self._names.articles, part)

    def _write_pages(self, articles: Iterable[tuple[Article, str]]) -> None:
        """Write which page has which words, before it is in: one that is not counts as none."""
        rows = [
            ledger_row(Kind.PAGE, without_query(file), article.sha256, value=json.dumps(article.id))
            for article, file in articles
            if file.startswith(("http://", "https://"))
        ]
        for part in _of_size(rows):
            self._write("upsert", self._names.ledger, part)

    def remove(self, keys: Collection[int]) -> None:
        """Remove articles. ``sweep`` removes what was theirs."""
        wanted = sorted(keys)
        for start in range(0, len(wanted), _ROWS):
            self._write("delete", self._names.articles, ids=wanted[start : start + _ROWS])
        if wanted:
            self.changed()

    def sweep(self, keys: Collection[int]) -> None:
        """Delete all passages and texts of articles that are not of the version that counts."""
        wait = self._changed + _SETTLED - time.monotonic()
        if wait > 0:  # those who ask may not have seen the change yet, and look for the old ones
            time.sleep(wait)
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), _KEYS):
            chunk = wanted[start : start + _KEYS]
            current = {
                key: head.version for key, head in self._library.heads(chunk, STRONG).items()
            }
            named = f"article in [{', '.join(map(str, chunk))}]"
            texts = f"kind == {Kind.TEXT:d} and {named}"
            for collection, where in ((self._names.passages, named), (self._names.ledger, texts)):
                old = [
                    row["id"]
                    for row in self._server.rows(collection, where, ["article", "version"], STRONG)
                    if current.get(row["article"]) != row["version"]
                ]
                for first in range(0, len(old), _ROWS):
                    self._write("delete", collection, ids=old[first : first + _ROWS])

    def record(self, files: Iterable[tuple[str, FileRecord, int]]) -> None:
        """Remember what files were when they were read, and how many articles they have."""
        rows = [
            ledger_row(
                Kind.FILE,
                path,
                value=json.dumps({"path": path, "articles": articles, **asdict(record)}),
            )
            for path, record, articles in files
        ]
        for part in _of_size(rows):
            self._write("upsert", self._names.ledger, part)

    def read_again(self, file: str) -> None:
        """Have the next run that comes by a file read it, changed or not."""
        number = number_of(Kind.FILE.name, file)
        found = self._server.row(self._names.ledger, number, ["value"], STRONG)
        if found:
            name, record, articles = file_record(found["value"])
            self.record([(name, replace(record, complete=False), articles)])

    def forget(self, files: Collection[str]) -> None:
        ids = [number_of(Kind.FILE.name, path) for path in files]
        for start in range(0, len(ids), _ROWS):
            self._write("delete", self._names.ledger, ids=ids[start : start + _ROWS])

    def changed(self) -> None:
        """Say that something changed, to those who ask."""
        self._write("upsert", self._names.ledger, [ledger_row(Kind.GENERATION)])
        self._changed = time.monotonic()

    def _passage_rows(self, prepared: Prepared) -> Iterable[Row]:
        article = prepared.article
        key, version = article_key(article.id), version_of(article)
        for n, (passage, vector) in enumerate(
            zip(prepared.passages, prepared.vectors, strict=True)
        ):
            row: Row = {
                "id": passage_id(key, version, n),
                "article": key,
                "version": version,
                "paragraph": passage.paragraph,
                "start": passage.start,
                "stop": passage.end,
                "day": day_of(article.date),
                "source": source_of(article.source),
                "vector": vector,
            }
            if self._names.words:
                said = encoder_text(article.title, article.text[passage.start : passage.end])
                row["words"] = self._analyzer.tokenised_text(said)
            yield row

    def _write(self, method: str, collection: str, *arguments: object, **named: object) -> None:
        self._server.call(method, collection, *arguments, seconds=_WRITE_SECONDS, **named)


def check_size(article: Article, file: str) -> None:
    """Refuse what fits into no row.

    Raises:
        ReadingError: its title, source and address are too long together.
    """
    if len(str(article_row(article, file, 0)["about"]).encode()) > LONGEST_ABOUT:
        raise ReadingError(file, f"article {article.id[:80]}: title or address too long for Milvus")


def _text_rows(article: Article) -> Iterable[Row]:
    key, version = article_key(article.id), version_of(article)
    for number, piece in enumerate(text_pieces(article), start=1):
        yield ledger_row(
            Kind.TEXT, key, version, number, article=key, version=version, moment=number,
            value=piece,
        )  # fmt: skip


def _of_size(rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Rows in parts that are not too large for one call."""
    part: list[Row] = []
    size = 0
    for row in rows:
        part.append(row)
        size += 400 + 4 * len(row.get("text", "")) + 4 * len(row.get("value", ""))
        if size > _BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
