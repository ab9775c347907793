"""An article as a JSON object, and back."""

import datetime
from collections.abc import Mapping

from retrieval.documents.article import Article


def article_to_dict(article: Article) -> dict[str, str | None]:
    """All that an article has."""
    return {
        "id": article.id,
        "title": article.title,
        "date": article.date.isoformat() if article.date else None,
        "source": article.source,
        "url": article.url,
        "text": article.text,
    }


def article_from_dict(row: Mapping[str, str | None]) -> Article:
    """The article that ``article_to_dict`` was given."""
    date = row["date"]
    return Article(
        id=str(row["id"]),
        title=str(row["title"]),
        date=datetime.date.fromisoformat(date) if date else None,
        source=row["source"],
        url=row["url"],
        text=str(row["text"]),
    )
