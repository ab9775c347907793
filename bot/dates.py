"""Days as people type them."""

import datetime
import re


def read_day(value: str, *, last: bool) -> datetime.date:
    """Read a date as a person types it: ``2022-03-29``, ``2022-03`` or ``2022``.

    Args:
        last: a month or a year means its last day instead of its first.

    Raises:
        ValueError: it is none; the message says so to them.
    """
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", value)
    try:
        if not found:
            raise ValueError
        year, month, day = (None if part is None else int(part) for part in found.groups())
        return _day(year or 0, month, day, last=last)
    except ValueError:
        raise ValueError(f"{value!r} is not a date; write 2022-03-29, 2022-03 or 2022.") from None


def _day(year: int, month: int | None, day: int | None, *, last: bool) -> datetime.date:
    if month is not None and day is not None:
        return datetime.date(year, month, day)
    if not last or month == 0:  # no month is 0: date refuses it
        return datetime.date(year, 1 if month is None else month, 1)
    if month is None or month == 12:
        return datetime.date(year, 12, 31)
    return datetime.date(year, month + 1, 1) - datetime.timedelta(days=1)
