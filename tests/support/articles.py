"""Articles, libraries made of them, and what a library holds, for the tests of retrieval."""

import datetime
import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.answering.answerer import Answerer
from retrieval.documents.article import Article
from retrieval.errors import ReadingError
from retrieval.ingest.index import index
from retrieval.library import open as open_library
from retrieval.library.local.folder import current_edition
from retrieval.library.local.write_session import open_session
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Encoder
from retrieval.models.reader import Reader


def article(
    article_id: str,
    text: str,
    *,
    title: str = "Title",
    date: str | None = None,
    source: str | None = None,
) -> Article:
    """Make an article."""
    day = datetime.date.fromisoformat(date) if date else None
    return Article(article_id, title, day, source, None, text)


@cache
def reader() -> Reader:
    """The trained reader, loaded once."""
    return Reader()


def answerer_of(library: Path, encoder: Encoder, min_confidence: float) -> Answerer:
    """Open a library for questions, with the trained reader."""
    return Answerer(library, encoder, reader(), min_confidence)


def build(library: Path, encoder: Encoder, articles: Iterable[Article]) -> Path:
    """Put articles into a library, with their vectors and indexes."""
    with open_session(library, encoder, Reporter()) as session:
        with session.transaction() as change:
            for each in articles:
                change.put(each, "test")
        session.encode_pending(encoder)
    return library


def remove(location: Location, article_id: str) -> bool:
    """Remove an article; False where there is none of that id."""
    library = open_library(location)
    library.reader().close()  # a library that is not there is not made here
    with library.session(None, Reporter()) as session, session.transaction() as change:
        return change.remove(article_id)


def write_txt(folder: Path, name: str, text: str, title: str = "Title") -> Path:
    """Write a text file that is one article."""
    path = folder / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{title}\n\n{text}\n", encoding="utf-8")
    return path


def write_jsonl(path: Path, rows: Sequence[dict[str, str] | str]) -> Path:
    """Write articles one a line; a string is a line as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def mirror(library: Path, encoder: Encoder, *paths: Path) -> tuple[Summary, list[ReadingError]]:
    """Index paths; what was done, and the problems reported."""
    problems: list[ReadingError] = []
    summary = index(paths, library, encoder, Reporter(problem=problems.append))
    return summary, problems


def truth(library: Path) -> sqlite3.Connection:
    """The library's database, to look into or to damage."""
    return sqlite3.connect(current_edition(library).truth, isolation_level=None)


def contents(library: Path) -> dict[str, list[Any]]:
    """Everything that the truth holds, less the numbers that depend on how it came there."""
    queries = {
        "articles": "SELECT id, title, date, source, url, text, sha256, file FROM articles",
        "passages": "SELECT articles.id, paragraph, start, stop, digest FROM passages"
        " JOIN articles ON articles.number = article",
        "vectors": "SELECT digest, vector FROM vectors",
        "pending": "SELECT digest FROM pending",
        "files": "SELECT path, size, sha256, complete FROM files",
    }
    connection = truth(library)
    found = {name: sorted(connection.execute(query), key=repr) for name, query in queries.items()}
    connection.close()
    return found


def ids(library: Path) -> set[str]:
    """The ids of the articles that a library holds."""
    return {row[0] for row in contents(library)["articles"]}
