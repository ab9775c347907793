"""Which articles a question is about, and which it may not see."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Filter:
    """Bounds on the articles to search; both halves of the search apply them before the cut.

    Sources are compared whole and without regard to case. All that is said here holds at once.

    Attributes:
        since: the first day, or None. An article without a date is of no day.
        until: the last day, or None.
        source: the article's source, or None.
        sources: those that it may be of; with none of them nothing is found. None: of any.
        withheld: sources that begin so are left out, whatever else is said, but for ``own``.
            None: nothing is.
        own: the one of them that is not left out, or None.
    """

    since: datetime.date | None = None
    until: datetime.date | None = None
    source: str | None = None
    sources: frozenset[str] | None = None
    withheld: str | None = None
    own: str | None = None

    def __bool__(self) -> bool:
        """Whether it may leave anything out."""
        return self != Filter()

    def narrowed(
        self, since: datetime.date | None, until: datetime.date | None, source: str | None
    ) -> "Filter":
        """What is within this filter and within these bounds, too; it has no source of its own."""
        first = max((day for day in (self.since, since) if day), default=None)
        last = min((day for day in (self.until, until) if day), default=None)
        return replace(self, since=first, until=last, source=source)

    def admits(self, source: str | None, date: datetime.date | None) -> bool:
        if (self.since or self.until) and date is None:
            return False
        return (
            self.admits_source(source)
            and (self.since is None or date is None or date >= self.since)
            and (self.until is None or date is None or date <= self.until)
        )

    def admits_source(self, source: str | None) -> bool:
        """Whether articles of this source may be seen, those of the right days."""
        folded = None if source is None else source.lower()
        if self.withheld is not None and folded is not None:
            own = None if self.own is None else self.own.lower()
            if folded.startswith(self.withheld.lower()) and folded != own:
                return False
        if self.source is not None and folded != self.source.lower():
            return False
        return self.sources is None or folded in {each.lower() for each in self.sources}

    def among(self, sources: Collection[str | None]) -> "Bounds":
        """What it comes to in a library.

        Args:
            sources: all that the library's articles have.
        """
        admitted = {source for source in sources if self.admits_source(source)}
        if self.source is None and self.sources is None:  # articles without a source are admitted
            return Bounds(self.since, self.until, without=_named({*sources} - admitted))
        return Bounds(self.since, self.until, only=_named(admitted))


@dataclass(frozen=True, slots=True)
class Bounds:
    """A filter as one library takes it, with the sources spelled as they are there.

    Attributes:
        only: the sources to search, or None for all, and for the articles without one.
    """

    since: datetime.date | None = None
    until: datetime.date | None = None
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()


def _named(sources: Collection[str | None]) -> frozenset[str]:
    return frozenset(source for source in sources if source is not None)
