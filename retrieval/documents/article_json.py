"""An article as a dictionary that JSON can hold, and back."""

import datetime
from collections.abc import Mapping

from retrieval.documents.article import Article


def article_to_dict(article: Article) -> dict[str, str | None]:
    """An article's attributes; the date as YYYY-MM-DD."""
    return {
        "id": article.id,
        "title": article.title,
        "date": article.date.isoformat() if article.date else None,
        "source": article.source,
        "url": article.url,
        "text": article.text,
    }


def article_from_dict(row: Mapping[str, str | None]) -> Article:
    date = row["date"]
    return Article(
        id=str(row["id"]),
        title=str(row["title"]),
        date=datetime.date.fromisoformat(date) if date else None,
        source=row["source"],
        url=row["url"],
        text=str(row["text"]),
    )
