"""Lists of the articles that a server may see: its own, and the shared ones.

These functions block on the disk: never call them in the event loop.
"""

from dataclasses import dataclass

from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX, own_source
from retrieval.documents.article import id_key
from retrieval.library.base import LibraryReader


@dataclass(frozen=True, slots=True)
class ServerArticle:
    """An article in a list.

    Attributes:
        title: one line.
        date: YYYY-MM-DD, or None.
        own: whether it is the server's own; else it is shared.
        pending: whether the library does not have its current version yet.
    """

    id: str
    title: str
    date: str | None
    own: bool
    pending: bool = False

    @property
    def key(self) -> str:
        """Its ``id_key``, for custom ids and choices: an id can be longer than they take."""
        return id_key(self.id)


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of a list.

    Attributes:
        own: how many of the server's own the whole list has; they come first.
    """

    rows: tuple[ServerArticle, ...]
    own: int
    total: int


@dataclass(frozen=True, slots=True)
class ArticleCounts:
    """How many articles a server may see.

    Attributes:
        pending: its own whose current version the library does not have yet.
        pending_removal: its own that were removed, and are in the library still.
        pending_passages: passages of any article that have no vector yet.
    """

    own: int
    pending: int
    shared: int
    pending_removal: int
    pending_passages: int


def own_articles(
    library: LibraryReader, store: Store, server: int, search: str = ""
) -> list[ServerArticle]:
    """A server's own articles, pending ones first, then the newest.

    Args:
        library: in a snapshot.
    """
    there = {each.id: each for each in library.articles_of(own_source(server))}
    kept = uploads.states(store, server)
    removed = uploads.states(store, server, removed=True)
    pending = {
        each: state
        for each, state in kept.items()
        if each not in there or (there[each].title, there[each].sha256) != state
    }
    found = [
        ServerArticle(
            each, title, there[each].date if each in there else None, own=True, pending=True
        )
        for each, (title, _) in pending.items()
    ]
    found += [
        ServerArticle(each.id, each.title, each.date, own=True)
        for each in there.values()
        # The prefix matches longer server ids too.
        if each.source == own_source(server) and each.id not in removed and each.id not in pending
    ]
    words = search.casefold().split()
    return [each for each in found if all(word in each.title.casefold() for word in words)]


def page(
    library: LibraryReader, store: Store, server: int, search: str, first: int, count: int
) -> ArticlePage:
    """A page of the articles that a server may see, its own first.

    Args:
        library: in a snapshot.
        first: the offset of the page.
    """
    own = own_articles(library, store, server, search)
    words = search.split()
    rows = own[first : first + count]
    rows += (
        ServerArticle(each.id, each.title, each.date, own=False)
        for each in library.others(
            OWN_SOURCE_PREFIX, words, max(0, first - len(own)), max(0, count - len(rows))
        )
    )
    return ArticlePage(
        tuple(rows), len(own), len(own) + library.count_others(OWN_SOURCE_PREFIX, words)
    )


def counts(library: LibraryReader, store: Store, server: int) -> ArticleCounts:
    own = own_articles(library, store, server)
    pending = sum(each.pending for each in own)
    there = {each.id for each in library.articles_of(own_source(server))}
    pending_removal = len(there & uploads.states(store, server, removed=True).keys())
    return ArticleCounts(
        len(own) - pending,
        pending,
        library.count_others(OWN_SOURCE_PREFIX),
        pending_removal,
        library.pending(),
    )


def out_of_sync(library: LibraryReader, store: Store) -> tuple[list[str], list[str]]:
    """The ids of the articles that the library lacks, and of those that it must remove."""
    there = {each.id: (each.title, each.sha256) for each in library.articles_of(OWN_SOURCE_PREFIX)}
    missing = [each for each, kept in uploads.states(store).items() if there.get(each) != kept]
    return missing, sorted(there.keys() & uploads.states(store, removed=True).keys())
