"""Questions that follow others."""

from collections.abc import Sequence

from bot.discord.asked import Turn
from bot.discord.engine import Engine
from retrieval.answer import Answer
from retrieval.search.filter import Filter


def ask_following(
    engine: Engine,
    question: str,
    history: Sequence[Turn],
    top: int,
    within: Filter | None,
    min_confidence: float | None,
) -> Answer:
    """Answer a question that follows others; for now it has to say all that it means itself.

    Args:
        engine: what answers.
        question: as a person typed it.
        history: what was asked and answered before, the oldest first; empty for a first question.
        top: how many quotes at most.
        within: which articles.
        min_confidence: below this it is "not found".
    """
    return engine.ask(question, top, within, min_confidence)
