"""Which articles a question is about."""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """Bounds on the articles to search; both halves of the search apply them before the cut.

    Attributes:
        since: the first day, or None. An article without a date is of no day.
        until: the last day, or None.
        source: the article's source, without regard to case, or None.
    """

    since: datetime.date | None = None
    until: datetime.date | None = None
    source: str | None = None

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return self != Filter()
