"""What a library knows of the feeds that it follows, and of their items."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed, and how it went the last time.

    Attributes:
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
        guid: what the feed knows it by.
        address: of its page, as the feed gave it last.
        canonical: that address without what differs from link to link.
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

    def after(
        self, known: "ItemRecord | None", twin: str | None, *, twin_is_in: bool
    ) -> "ItemRecord":
        """This item, as its feed lists it now, with what is known of its page.

        Args:
            known: what the library has of it; None where it is new.
            twin: of a new one, the article that another feed's item of the same page became.
            twin_is_in: whether there is such an item, its page fetched as its feed has it.
        """
        if known is None:
            taken = self.wanted if twin_is_in else None
            return replace(self, taken=taken, article=twin, failures=0, due=0)
        # Where the feed says other things of it, what was wrong with the page may be no longer.
        same = known.wanted == self.wanted
        return replace(
            self,
            taken=known.taken,
            article=known.article,
            failures=known.failures if same else 0,
            due=known.due if same else 0,
        )
