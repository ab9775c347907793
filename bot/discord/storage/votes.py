"""What people say of the answers, as something to measure by: votes become labelled questions.

A vote is about an answer's first quote: it calls its marked words right or wrong, or, of a "not
found", that nothing there answers. Voters are kept to let each vote once; nothing that leaves the
store names one.
"""

import hashlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.discord.storage.database import Store
from bot.discord.storage.questions import KEPT, Passage
from retrieval.documents.article import Article
from retrieval.evaluation.metrics import normalise

DIRECT = "direct"
"""The place of direct messages."""

_MENTION = re.compile(r"<(?:@[!&]?|#)\d{15,20}>|(?<!\d)\d{17,20}(?!\d)")  # also without its <@…>


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person says of one answer; ``passage`` is None for a "not found"."""

    question: str
    passage: Passage | None
    right: bool


class Votes:
    """The votes in the bot's store. Each call may wait for the disk: not in the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, vote: Vote, *, message: int, voter: int, server: int | None) -> bool:
        """Keep a vote, in place of an earlier one of the same person on the same message.

        Votes that are older than ``KEPT`` go.

        Returns:
            Whether it changes anything: False where they had said just that.
        """
        about = vote.passage
        place = (about.article, about.start, about.end, about.sha256) if about else (None,) * 4
        now = int(time.time())
        with self._store.write() as connection:
            connection.execute("DELETE FROM votes WHERE at < ?", (now - KEPT,))
            changed = connection.execute(
                "INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (message, voter) DO UPDATE SET is_right = excluded.is_right,"
                " at = excluded.at WHERE is_right <> excluded.is_right",
                (message, voter, server, vote.question, *place, vote.right, now),
            )
            return changed.rowcount > 0

    def by_place(self) -> dict[str, list[Vote]]:
        """Every vote, the oldest first, by where it was given, as ``place_name`` names it."""
        with self._store.read() as connection:
            rows = connection.execute(
                "SELECT server, question, article, start, stop, sha256, is_right FROM votes"
                " ORDER BY at, message, voter"
            ).fetchall()
        found: defaultdict[str, list[Vote]] = defaultdict(list)
        for server, question, *where, right in rows:
            passage = None if where[0] is None else Passage(*where)
            found[place_name(server)].append(Vote(question, passage, bool(right)))
        return dict(found)


@dataclass(frozen=True, slots=True)
class Label:
    """A question with the answers that people call right, as ``quoth eval`` takes it."""

    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """What the votes make.

    Attributes:
        questions: in the order in which they were first voted on.
        wrong: the questions of which the votes say only what does not answer them.
        changed: how many were left out because the article has changed since, or is gone.
    """

    questions: tuple[Label, ...]
    wrong: tuple[str, ...]
    changed: int


def place_name(server: int | None) -> str:
    """A short name for a server that does not say which it is, or ``direct`` messages.

    What one server asks is answered from articles that others do not see: places are not mixed.
    """
    if server is None:
        return DIRECT
    return hashlib.sha256(f"server {server}".encode()).hexdigest()[:8]


def labels(votes: Iterable[Vote], article: Callable[[str], Article | None]) -> Labels:
    """Make labelled questions of the votes of one place.

    What more people call right than wrong is right. A question of which they say so of nothing
    is left out: that an answer is wrong does not say that there is none.

    Args:
        votes: the oldest first.
        article: looks up an article by its id.
    """
    asked: dict[str, str] = {}
    counted: defaultdict[str, Counter[Passage | None]] = defaultdict(Counter)
    for vote in votes:
        key = same(vote.question)
        asked.setdefault(key, without_ids(vote.question))
        counted[key][vote.passage] += 1 if vote.right else -1
    questions, wrong, changed = [], [], 0
    for key, sums in counted.items():
        right = [passage for passage, votes_for in sums.items() if votes_for > 0]
        passages = [passage for passage in right if passage]
        words = {passage: text for passage in passages if (text := _words(passage, article))}
        if words:
            answers = tuple(dict.fromkeys(words.values()))
            articles = tuple(dict.fromkeys(passage.article for passage in words))
            questions.append(Label(asked[key], answers, articles))
        elif passages:
            changed += 1
        elif right:
            questions.append(Label(asked[key], (), ()))
        else:
            wrong.append(asked[key])
    return Labels(tuple(questions), tuple(wrong), changed)


def same(question: str) -> str:
    """What questions that differ only in case, space and the mark at their end have in common."""
    return " ".join(question.split()).casefold().rstrip("?!. ") or question


def without_ids(question: str) -> str:
    """A question without the numbers of people, roles and channels that it mentions."""
    return _MENTION.sub("@someone", " ".join(question.split()))


def _words(passage: Passage, article: Callable[[str], Article | None]) -> str | None:
    """The words themselves; None where the text is another by now, or where they say nothing."""
    words = passage.words_in(article(passage.article))
    return words if words and normalise(words) else None
