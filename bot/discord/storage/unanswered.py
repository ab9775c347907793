"""Questions that the articles don't answer, for ``quoth feedback report``."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.discord.storage.database import Store
from bot.discord.storage.votes import Labels, anonymised, match_key, server_pseudonym


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One stored question; ``server`` is a pseudonym, ``at`` is Unix time."""

    server: str
    question: str
    at: int
    answered: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that the articles don't answer.

    Attributes:
        server: where it was asked, as ``server_pseudonym`` names it.
        question: as it was asked last, without ids.
        times: how often it was asked and not answered.
        called_wrong: it has an answer, which more users call wrong than right.
    """

    server: str
    question: str
    times: int
    last: datetime.date
    called_wrong: bool


def questions_since(store: Store, day: datetime.date | None) -> list[AskedQuestion]:
    """The stored questions since a day (UTC), or all; the oldest first."""
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
        AskedQuestion(server_pseudonym(server), question, at, bool(answered))
        for server, question, at, answered in rows
    ]


def gaps(asked: Iterable[AskedQuestion], voted: Mapping[str, Labels]) -> list[Gap]:
    """The questions that the articles don't answer, the most frequent first.

    Args:
        asked: the oldest first.
        voted: the labels of each server: a question with a right answer is no gap, one whose
            answers are all wrong is one.
    """
    right = {
        (server, match_key(each.question))
        for server, labels in voted.items()
        for each in labels.questions
        if each.answers
    }
    wrong = {(server, match_key(each)) for server, labels in voted.items() for each in labels.wrong}
    times: Counter[tuple[str, str]] = Counter()
    latest: dict[tuple[str, str], AskedQuestion] = {}
    for each in asked:
        key = each.server, match_key(anonymised(each.question))
        if key not in right and (key in wrong or not each.answered):
            times[key] += 1
            latest[key] = each
    found = [
        Gap(
            key[0],
            anonymised(latest[key].question),
            times[key],
            datetime.datetime.fromtimestamp(latest[key].at, datetime.UTC).date(),
            latest[key].answered,
        )
        for key in times
    ]
    return sorted(
        found, key=lambda gap: (-gap.times, -gap.last.toordinal(), gap.question, gap.server)
    )
