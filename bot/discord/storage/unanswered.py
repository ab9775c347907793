"""What people asked that the articles don't answer."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.discord.storage.database import Store
from bot.discord.storage.votes import Labels, place_name, same, without_ids


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked once."""

    place: str
    question: str
    at: int
    answered: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that the articles don't answer.

    Attributes:
        place: where it was asked, as ``place_name`` names it.
        question: as it was asked last, naming nobody.
        times: how often it was asked without being answered.
        last: the day when that was, in UTC.
        called_wrong: it did get an answer, which more people call wrong than right.
    """

    place: str
    question: str
    times: int
    last: datetime.date
    called_wrong: bool


def asked_since(store: Store, day: datetime.date | None) -> list[Asked]:
    """What was asked since a day (in UTC), or ever; the oldest first."""
    since = 0
    if day:
        midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        since = int(midnight.timestamp())
    with store.read() as connection:
        rows = connection.execute(
            "SELECT server, question, at, answered FROM asked WHERE at >= ?"
            " AND question IS NOT NULL ORDER BY at, key",
            (since,),
        ).fetchall()
    return [
        Asked(place_name(server), question, at, bool(answered))
        for server, question, at, answered in rows
    ]


def gaps(asked: Iterable[Asked], voted: Mapping[str, Labels]) -> list[Gap]:
    """What the articles don't answer, the most often asked first.

    Args:
        asked: the oldest first.
        voted: what the votes say, by their place: a question whose answer people call right is
            none, and one whose answers they only call wrong is one.
    """
    right = {
        (place, same(each.question))
        for place, labels in voted.items()
        for each in labels.questions
        if each.answers
    }
    wrong = {(place, same(each)) for place, labels in voted.items() for each in labels.wrong}
    times: Counter[tuple[str, str]] = Counter()
    latest: dict[tuple[str, str], Asked] = {}
    for each in asked:
        key = each.place, same(without_ids(each.question))
        if key not in right and (key in wrong or not each.answered):
            times[key] += 1
            latest[key] = each
    found = [
        Gap(
            key[0],
            without_ids(latest[key].question),
            times[key],
            datetime.datetime.fromtimestamp(latest[key].at, datetime.UTC).date(),
            latest[key].answered,
        )
        for key in times
    ]
    return sorted(
        found, key=lambda gap: (-gap.times, -gap.last.toordinal(), gap.question, gap.place)
    )
