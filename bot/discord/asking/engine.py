"""The engine that answers, and the conversation that it is given with a follow-up question."""

from collections.abc import Sequence
from typing import Protocol

from bot.discord.storage.questions import StoredTurn
from retrieval.answering.answer import Answer
from retrieval.answering.conversation import Turn
from retrieval.documents.article import Article
from retrieval.library.filter import Filter


class Engine(Protocol):
    """A ``retrieval.answering.Answerer``. It is used in one thread, one call at a time."""

    def ask(
        self,
        question: str,
        top: int,
        within: Filter | None,
        min_confidence: float | None,
        history: Sequence[Turn],
    ) -> Answer:
        """Answer a question, or raise a ``QuestionError`` whose message is for the user."""

    def article(self, article_id: str) -> Article | None:
        """The current version of an article, or None where there is none of that id."""

    def article_with(self, key: str) -> Article | None:
        """The article whose id has that ``id_key``, or None."""


def ask_with_history(
    engine: Engine,
    question: str,
    history: Sequence[StoredTurn],
    top: int,
    within: Filter,
    min_confidence: float | None,
) -> Answer:
    """Answer a question in its conversation.

    The text of earlier answers is read again from the articles, as only its offsets are stored.

    Args:
        question: as the user typed it.
        history: the turns before, the oldest first; empty for a first question. Messages that were
            looked up are skipped.
        top: the number of quotes at most.
        within: which articles; an earlier answer from any other is left out of the history.
        min_confidence: below this the answer is "not found".
    """
    turns = [
        Turn(turn.question, _answer_text(engine, turn, within))
        for turn in history
        if turn.question is not None
    ]
    return engine.ask(question, top, within, min_confidence, turns)


def _answer_text(engine: Engine, turn: StoredTurn, within: Filter) -> str:
    """The text that answered; empty where its article changed, is gone, or may not be seen."""
    if turn.answer_passage is None:
        return ""
    article = engine.article(turn.answer_passage.article)
    if article is None or not within.admits(article.source, article.date):
        return ""
    return turn.answer_passage.text_in(article) or ""
