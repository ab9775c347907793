"""Multi-tenancy: which articles of the shared library are one server's own.

An article that a server uploads has a source that begins with ``OWN_SOURCE_PREFIX``, and an id that
begins with that source. Every search and every look-up goes through ``visible_to``, which leaves
out what other servers own.
"""

import dataclasses
import hashlib

from retrieval.documents.article import Article
from retrieval.documents.formats.article_fields import MAX_ID
from retrieval.library.filter import Filter

OWN_SOURCE_PREFIX = "discord:  "
"""What the source of every server's own articles begins with.

No other source can: whatever is read from outside has single spaces (``clean_line``).
"""


def own_source(server: int) -> str:
    return f"{OWN_SOURCE_PREFIX}{server}"


def visible_to(server: int | None) -> Filter:
    """The widest filter for a server, or for direct messages (None).

    It excludes others' articles by the prefix of their source, not by a list that could get lost.
    """
    return Filter(withheld=OWN_SOURCE_PREFIX, own=None if server is None else own_source(server))


def own_article_id(server: int, article_id: str) -> str:
    """The library's id for a server's article; no other server's article can have it.

    At most ``MAX_ID`` characters: a longer id is cut, and a hash of it appended.
    """
    whole = f"{own_source(server)}/{article_id}"
    if len(whole) <= MAX_ID:
        return whole
    digest = hashlib.sha256(article_id.encode()).hexdigest()[:12]
    return f"{whole[: MAX_ID - len(digest) - 1]}-{digest}"


def own_article(server: int, article: Article) -> Article:
    """The article with the server's source and id in place of its own."""
    return dataclasses.replace(
        article, id=own_article_id(server, article.id), source=own_source(server)
    )
