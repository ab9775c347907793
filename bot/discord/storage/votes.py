"""Votes on answers, and labelled questions made of them, as ``quoth eval`` takes them.

A vote is about an answer's first quote: its marked span is right or wrong. For a "not found", a
vote for it says that nothing in the articles answers. Voters are stored to count each vote once;
no export names one.
"""

import hashlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.discord.storage.database import Store
from bot.discord.storage.questions import RETENTION, QuotedPassage
from retrieval.documents.article import Article
from retrieval.evaluation.metrics import normalise_answer

DIRECT = "direct"
"""The pseudonym of direct messages."""

_MENTION = re.compile(r"<(?:@[!&]?|#)\d{15,20}>|(?<!\d)\d{17,20}(?!\d)")  # also without its <@…>


@dataclass(frozen=True, slots=True)
class Vote:
    """One user's vote on one answer; ``passage`` is None for a "not found"."""

    question: str
    passage: QuotedPassage | None
    right: bool


class Votes:
    """The votes in the bot's database. Calls block on the disk: not in the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, vote: Vote, *, message: int, voter: int, server: int | None) -> bool:
        """Store a vote, in place of an earlier one of the same user on the same message.

        Votes that are older than ``RETENTION`` are deleted.

        Returns:
            False where the user had voted the same before.
        """
        about = vote.passage
        span = (about.article, about.start, about.end, about.sha256) if about else (None,) * 4
        now = int(time.time())
        with self._store.write() as connection:
            connection.execute("DELETE FROM votes WHERE at < ?", (now - RETENTION,))
            changed = connection.execute(
                "INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (message, voter) DO UPDATE SET is_right = excluded.is_right,"
                " at = excluded.at WHERE is_right <> excluded.is_right",
                (message, voter, server, vote.question, *span, vote.right, now),
            )
            return changed.rowcount > 0

    def by_server(self) -> dict[str, list[Vote]]:
        """All votes, the oldest first, by ``server_pseudonym``."""
        with self._store.read() as connection:
            rows = connection.execute(
                "SELECT server, question, article, start, stop, sha256, is_right FROM votes"
                " ORDER BY at, message, voter"
            ).fetchall()
        found: defaultdict[str, list[Vote]] = defaultdict(list)
        for server, question, *where, right in rows:
            passage = None if where[0] is None else QuotedPassage(*where)
            found[server_pseudonym(server)].append(Vote(question, passage, bool(right)))
        return dict(found)


@dataclass(frozen=True, slots=True)
class Label:
    """A question with the answers that users call right, as ``quoth eval`` takes it."""

    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """The labelled questions of one server.

    Attributes:
        questions: in the order of their first votes.
        wrong: questions whose votes only say which answers are wrong.
        changed: the number of questions left out because the article changed, or is gone.
    """

    questions: tuple[Label, ...]
    wrong: tuple[str, ...]
    changed: int


def server_pseudonym(server: int | None) -> str:
    """A short hash of a server's id, or ``direct`` for direct messages.

    Votes of different servers are not mixed: each server sees other articles.
    """
    if server is None:
        return DIRECT
    return hashlib.sha256(f"server {server}".encode()).hexdigest()[:8]


def labels(votes: Iterable[Vote], article: Callable[[str], Article | None]) -> Labels:
    """Aggregate the votes of one server into labelled questions.

    An answer is right where more users call it right than wrong. A question without a right answer
    is left out: that an answer is wrong does not say that there is none.

    Args:
        votes: the oldest first.
        article: returns the current article of an id, or None.
    """
    texts: dict[str, str] = {}
    counted: defaultdict[str, Counter[QuotedPassage | None]] = defaultdict(Counter)
    for vote in votes:
        key = match_key(vote.question)
        texts.setdefault(key, anonymised(vote.question))
        counted[key][vote.passage] += 1 if vote.right else -1
    questions, wrong, changed = [], [], 0
    for key, sums in counted.items():
        right = [passage for passage, votes_for in sums.items() if votes_for > 0]
        passages = [passage for passage in right if passage]
        found = {passage: text for passage in passages if (text := _text(passage, article))}
        if found:
            answers = tuple(dict.fromkeys(found.values()))
            articles = tuple(dict.fromkeys(passage.article for passage in found))
            questions.append(Label(texts[key], answers, articles))
        elif passages:
            changed += 1
        elif right:
            questions.append(Label(texts[key], (), ()))
        else:
            wrong.append(texts[key])
    return Labels(tuple(questions), tuple(wrong), changed)


def match_key(question: str) -> str:
    """A key that ignores case, white space and the mark at the end of a question."""
    return " ".join(question.split()).casefold().rstrip("?!. ") or question


def anonymised(question: str) -> str:
    """A question with the ids of users, roles and channels replaced by ``@someone``."""
    return _MENTION.sub("@someone", " ".join(question.split()))


def _text(passage: QuotedPassage, article: Callable[[str], Article | None]) -> str | None:
    """The passage's text; None where the article changed, or the text has no words."""
    text = passage.text_in(article(passage.article))
    return text if text and normalise_answer(text) else None
