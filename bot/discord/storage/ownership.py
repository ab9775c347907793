"""What makes an article a server's own: its source, and its id in the library."""

import dataclasses
import hashlib

from bot.discord.storage.server_settings import own_source
from retrieval.documents.article import Article
from retrieval.documents.formats.article_fields import MAX_ID


def own_article_id(server: int, article_id: str) -> str:
    """The id in the library of what a server calls so: no other server's can be the same."""
    whole = f"{own_source(server)}/{article_id}"
    if len(whole) <= MAX_ID:
        return whole
    digest = hashlib.sha256(article_id.encode()).hexdigest()[:12]
    return f"{whole[: MAX_ID - len(digest) - 1]}-{digest}"


def own_article(server: int, article: Article) -> Article:
    """The article as the server's own, whatever it says of itself."""
    return dataclasses.replace(
        article, id=own_article_id(server, article.id), source=own_source(server)
    )
