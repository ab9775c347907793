"""Questions that follow others: what was said before them is read anew from the articles."""

from collections.abc import Sequence

from bot.discord.asking.engine import Engine
from bot.discord.storage.questions import Turn
from retrieval.answering import conversation
from retrieval.answering.answer import Answer
from retrieval.library.filter import Filter


def ask_following(
    engine: Engine,
    question: str,
    history: Sequence[Turn],
    top: int,
    within: Filter,
    min_confidence: float | None,
) -> Answer:
    """Answer a question by what was asked before it.

    Args:
        engine: what answers.
        question: as a person typed it.
        history: what was asked and answered before, the oldest first; empty for a first question.
            Messages that were looked up are passed over.
        top: how many quotes at most.
        within: which articles; an earlier answer from any other is not looked back on.
        min_confidence: below this it is "not found".
    """
    said = [
        conversation.Turn(turn.question, _answer(engine, turn, within))
        for turn in history
        if turn.question is not None
    ]
    return engine.ask(question, top, within, min_confidence, said)


def _answer(engine: Engine, turn: Turn, within: Filter) -> str:
    """The words that answered, where their article is still the same and may be seen."""
    if turn.said is None:
        return ""
    article = engine.article(turn.said.article)
    if article is None or not within.admits(article.source, article.date):
        return ""
    return turn.said.words_in(article) or ""
