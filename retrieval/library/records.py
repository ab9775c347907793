"""The rows of the truth that other parts work with."""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

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
        articles: how many there are.
        passages: how many they were split into.
    """

    generation: int
    articles: int
    passages: int


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
        article_id: of the article.
        title: of it.
        date: YYYY-MM-DD, or None.
        source: of it, or None.
        url: of it, or None.
        text: of it.
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
