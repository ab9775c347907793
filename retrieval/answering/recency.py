"""Puts the newest first where a question is about the present and the articles' answers differ."""

import datetime
import re
from collections.abc import Sequence
from typing import TypeVar

from retrieval.answering.candidates import RankedCandidate

Ranked = TypeVar("Ranked", bound=RankedCandidate)

_NEAR = 1.5
"""How far behind the best rank score an answer may be to pass it for its date: a logit, which makes
it a fourth as likely."""

_PRESENT = re.compile(
    r"\b(?:now|nowadays|current|currently|today|latest|newest|most recent|at present|presently"
    r"|at the moment|these days|so far|up to date|as of today|still)\b"
    r"|^\W*(?:who|what|where|which|how many|how much)(?:\s+\w+)??(?:\s+is|\s+are|'s|’s)\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?:1[0-9]{3}|20[0-9]{2})\b|\b(?:was|were|did|had|first|originally)\b", re.I)


def asks_about_the_present(question: str) -> bool:
    return bool(_PRESENT.search(question)) and not _PAST.search(question)


def newest_first(question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Reorder the answers that are about as good as the best, the newest first.

    Args:
        question: as it was asked; nothing changes where it is not about the present, nor where
            all answers are the same.
        ranked: best first.
    """
    if not ranked or not asks_about_the_present(question):
        return list(ranked)
    near = [
        each
        for each in ranked
        if each.reading.answer
        and each.reading.margin > 0
        and each.score >= ranked[0].score - _NEAR
        and each.date
    ]
    if ranked[0] not in near or len({each.answer_key for each in near}) < 2:
        return list(ranked)
    near.sort(key=lambda each: each.date or datetime.date.min, reverse=True)
    return near + [each for each in ranked if each not in near]
