"""The articles that a server may see, as lists: its own, and the archive's.

What is read here waits for the disk: not in the event loop.
"""

from dataclasses import dataclass

from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import OWN_SOURCE_PREFIX, own_source
from retrieval.documents.article import id_key
from retrieval.library.base import LibraryReader


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article in a list.

    Attributes:
        id: in the library.
        title: one line.
        date: YYYY-MM-DD, or None.
        own: whether the server added it itself.
        pending: whether it is kept, and not in the library yet as it is kept.
    """

    id: str
    title: str
    date: str | None
    own: bool
    pending: bool = False

    @property
    def key(self) -> str:
        """What a button or a choice names it by: an id can be longer than they take."""
        return id_key(self.id)


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A part of a list.

    Attributes:
        rows: the articles.
        own: how many of the server's own the whole list has; they come first.
        total: how many articles it has.
    """

    rows: tuple[ListedArticle, ...]
    own: int
    total: int


@dataclass(frozen=True, slots=True)
class ArticleCounts:
    """What there is.

    Attributes:
        own: articles of the server in the library.
        pending: those that are kept, and not in it yet as they are kept.
        shared: all others that the server may see.
        pending_removal: those of the server that were removed and are in the library still.
        pending_passages: passages, anybody's, that are found by their words alone so far.
    """

    own: int
    pending: int
    shared: int
    pending_removal: int
    pending_passages: int


def own_articles(
    library: LibraryReader, store: Store, server: int, search: str = ""
) -> list[ListedArticle]:
    """A server's own articles, those first that wait, then the newest.

    Args:
        library: in a snapshot.
        store: what the bot keeps.
        server: whose.
        search: words that the title holds, without regard to case.
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
        ListedArticle(
            each, title, there[each].date if each in there else None, own=True, pending=True
        )
        for each, (title, _) in pending.items()
    ]
    found += [
        ListedArticle(each.id, each.title, each.date, own=True)
        for each in there.values()
        # Of a server whose number only begins so it is not.
        if each.source == own_source(server) and each.id not in removed and each.id not in pending
    ]
    words = search.casefold().split()
    return [each for each in found if all(word in each.title.casefold() for word in words)]


def find(
    library: LibraryReader, store: Store, server: int, search: str, first: int, count: int
) -> ArticlePage:
    """A part of the list of what a server may see.

    Args:
        library: in a snapshot.
        store: what the bot keeps.
        server: its id.
        search: words that the title holds, without regard to case.
        first: how many articles are before it.
        count: how many it has at most.
    """
    own = own_articles(library, store, server, search)
    words = search.split()
    rows = own[first : first + count]
    rows += (
        ListedArticle(each.id, each.title, each.date, own=False)
        for each in library.others(
            OWN_SOURCE_PREFIX, words, max(0, first - len(own)), max(0, count - len(rows))
        )
    )
    return ArticlePage(
        tuple(rows), len(own), len(own) + library.count_others(OWN_SOURCE_PREFIX, words)
    )


def status(library: LibraryReader, store: Store, server: int) -> ArticleCounts:
    """Count what there is for a server."""
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
    """The ids of the articles that are to be put into the library, and of those to take out."""
    there = {each.id: (each.title, each.sha256) for each in library.articles_of(OWN_SOURCE_PREFIX)}
    due = [each for each, kept in uploads.states(store).items() if there.get(each) != kept]
    return due, sorted(there.keys() & uploads.states(store, removed=True).keys())
