"""What the bot asks."""

from collections.abc import Sequence
from typing import Protocol

from retrieval.answering.answer import Answer
from retrieval.answering.conversation import Turn
from retrieval.documents.article import Article
from retrieval.library.filter import Filter


class Engine(Protocol):
    """What answers: an ``Answerer``. It is used in one thread, one call at a time."""

    def ask(
        self,
        question: str,
        top: int,
        within: Filter | None,
        min_confidence: float | None,
        history: Sequence[Turn],
    ) -> Answer:
        """Answer a question, or raise a ``QuestionError`` whose line the person is shown."""

    def article(self, article_id: str) -> Article | None:
        """An article as it is now, or None where there is none of that id."""

    def article_with(self, key: str) -> Article | None:
        """The article whose id has that ``id_key``, or None."""
