"""The rows on the server: their keys, and what is in them.

Keys are hashes, so that whoever writes an article twice writes the same rows.
"""

import base64
import datetime
import hashlib
import json
from dataclasses import asdict, dataclass

from retrieval.documents.article import Article
from retrieval.documents.passages import Passage, split_into_passages
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.server import Row
from retrieval.library.records import ArticleHead, FileRecord, stored_article

PIECE = 16_000
"""Characters of a text in one row; 65,535 bytes is the most that Milvus takes."""

LONGEST_ABOUT = 65_535
"""Bytes of all that a row says of an article, its text apart."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of an article without its text.

    Attributes:
        key: see ``article_key``.
        version: see ``version_of``.
        date: YYYY-MM-DD, or None.
        pieces: rows that hold its text.
        passages: that it was split into.
    """

    key: int
    version: int
    id: str
    title: str
    date: str | None
    source: str | None
    url: str | None
    sha256: str
    file: str
    pieces: int
    passages: int

    def without_key(self) -> ArticleHead:
        return ArticleHead(
            self.id, self.title, self.date, self.source, self.url, self.sha256, self.file
        )

    def article(self, text: str, place: MilvusLocation) -> Article:
        return stored_article(
            place, self.id, self.title, self.date, self.source, self.url, text, self.sha256
        )


def number_of(*parts: object) -> int:
    """A whole number from 0 to 2**63 - 1 that stands for some values."""
    joined = json.dumps([str(part) for part in parts]).encode()
    return int.from_bytes(hashlib.sha256(joined).digest()[:8]) >> 1


def article_key(article_id: str) -> int:
    """The key of an article: the first 63 bits of the hash that ``id_key`` is of, too."""
    return int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:8]) >> 1


def key_of_id_key(key: str) -> int | None:
    """The same from an ``id_key``; None where it is none."""
    try:
        digest = base64.urlsafe_b64decode(key + "=")
    except ValueError:
        return None
    return int.from_bytes(digest) >> 1 if len(digest) == 8 else None


def version_of(article: Article) -> int:
    """What tells one state of an article from another: all of it but its file."""
    return number_of(
        article.title, article.date, article.source, article.url, article.sha256, "split 1"
    )


def day_of(date: datetime.date | None) -> int:
    """A date as a number; 0 is none."""
    return date.toordinal() if date else 0


def source_of(source: str | None) -> int:
    """A source as a number, without regard to case; 0 is none."""
    return 0 if source is None else max(1, number_of("source", source.lower()))


def without_query(address: str) -> str:
    return address.partition("?")[0]


def article_row(article: Article, file: str, passages: int) -> Row:
    """The row of an article; its text is in it as far as it fits, see ``text_pieces``."""
    pieces = max(1, -(-len(article.text) // PIECE))
    head = ArticleHead.of(article, file)
    about = {**asdict(head), "pieces": pieces, "passages": passages}
    return {
        "id": article_key(article.id),
        "version": version_of(article),
        "file": number_of("file", file),
        "about": json.dumps(about, ensure_ascii=False),
        "text": article.text[:PIECE],
        "unused": [0.0, 0.0],
    }


def head_of(row: Row) -> Head:
    return Head(key=row["id"], version=row["version"], **json.loads(row["about"]))


def file_record(value: str) -> tuple[str, FileRecord, int]:
    """What a row of the ledger says of a file: its path, what it was, and its articles."""
    said = json.loads(value)
    path, articles = str(said.pop("path")), int(said.pop("articles"))
    return path, FileRecord(**said), articles


def text_pieces(article: Article) -> list[str]:
    """What of a text is not in the article's own row."""
    return [article.text[start : start + PIECE] for start in range(PIECE, len(article.text), PIECE)]


def passage_id(article: int, version: int, number: int) -> int:
    return number_of("passage", article, version, number)


def passages_of(article: Article) -> list[Passage]:
    return split_into_passages(article.text)
