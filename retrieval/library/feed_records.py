"""What a library knows of the feeds that it follows, and of their items."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed, and how it went the last time.

    Attributes:
        address: where it is.
        title: its own; None until it was read.
        etag: by which its server tells whether it changed.
        last_modified: the same, for servers that know only times.
        checked: when it was last asked for, in seconds since 1970; None before that.
        due: when it may be asked for again.
        failures: how often in a row it could not be read.
        problem: what was wrong the last time; None where nothing was.
    """

    address: str
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    checked: int | None = None
    due: int = 0
    failures: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item of a feed, and the article that was made of it.

    Attributes:
        feed: the feed's address.
        guid: what the feed knows it by.
        address: of its page, as the feed gave it last.
        canonical: that address without what differs from link to link.
        title: what the feed calls it, or None.
        date: the day that the feed gives, YYYY-MM-DD, or None.
        wanted: a digest of what the feed says of it.
        taken: that digest when its page was last taken; None before that.
        article: the id of the article that was made of it, or None.
        failures: how often in a row its page could not be taken.
        due: when its page may be asked for, in seconds since 1970.
    """

    feed: str
    guid: str
    address: str
    canonical: str
    title: str | None
    date: str | None
    wanted: str
    taken: str | None = None
    article: str | None = None
    failures: int = 0
    due: int = 0
