"""What every kind of library knows of its articles, passages and files."""

import datetime
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from retrieval.documents.article import Article
from retrieval.errors import DamagedError


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was known of a file when it was last read.

    Attributes:
        size: in bytes.
        modified: its modification time, in nanoseconds.
        sha256: of its bytes, hexadecimal.
        complete: False where some of it could not be read.
    """

    size: int
    modified: int
    sha256: str
    complete: bool


class PassageRow(NamedTuple):
    """A passage as the truth holds it: a tuple, since every question makes some two hundred.

    Attributes:
        id: never used again, even after the passage is gone.
        article: the number of its article.
        paragraph: counted from 1.
        start: offset of its first character in the article's text.
        end: offset after its last.
    """

    id: int
    article: int
    paragraph: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LibraryState:
    """What a library holds at one moment.

    Attributes:
        generation: of the last commit.
        passages: how many they were split into.
    """

    generation: int
    articles: int
    passages: int


class VectorSpace(Protocol):
    """Whose vectors a library holds: an ``Encoder``, or the header of an export."""

    @property
    def identity(self) -> str:
        """The encoder's name with the hash of its weights."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a library holds.

    Attributes:
        state: how much, and of which generation.
        pending: passages that have no vector yet.
        encoder: whose vectors it holds; None where it never got any.
        bytes: that it takes; None where that is not known here.
    """

    state: LibraryState
    pending: int
    encoder: str | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class ArticleHead:
    """An article without its text.

    Attributes:
        date: YYYY-MM-DD, or None.
        file: the file or address that it came from, or None.
    """

    id: str
    title: str
    date: str | None
    source: str | None
    url: str | None
    sha256: str
    file: str | None

    @classmethod
    def of(cls, article: Article, file: str | None) -> "ArticleHead":
        date = article.date.isoformat() if article.date else None
        about = (article.id, article.title, date, article.source, article.url, article.sha256)
        return cls(*about, file)

    def same_as(self, article: Article) -> bool:
        """Whether an article is this one in all but its file."""
        return self == ArticleHead.of(article, self.file)


class ListedArticle(NamedTuple):
    """An article in a list.

    Attributes:
        date: YYYY-MM-DD, or None.
    """

    id: str
    date: str | None
    title: str
    source: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What answers after ``roll_back``.

    Attributes:
        edition: its number.
        encoder: whose vectors it holds; None where it never got any.
    """

    edition: str
    encoder: str | None
    state: LibraryState


def stored_article(
    library: object,
    article_id: str,
    title: str,
    date: str | None,
    source: str | None,
    url: str | None,
    text: str,
    sha256: str,
) -> Article:
    """An article of what a library holds of it, its text checked against its hash.

    Args:
        library: where it is, for what is said of it.
        date: YYYY-MM-DD, or None.
        sha256: what the text's hash was when it was written.

    Raises:
        DamagedError: the text is not the one that was written.
    """
    day = datetime.date.fromisoformat(date) if date else None
    article = Article(article_id, title, day, source, url, text)
    # The promise that every quote is verbatim rests on this line.
    if article.sha256 != sha256:
        raise DamagedError(
            f"{library}: the stored text of article {article_id} does not match its hash; "
            "remove it and index it again"
        )
    return article
