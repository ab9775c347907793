"""Validates what a person typed, and tells questions from keywords."""

import re
import unicodedata

from retrieval.errors import QuestionError

MAX_QUESTION = 2_000
"""Characters in a question: what a person can send in one Discord message."""

_QUESTION = re.compile(
    r"\b(?:who|whom|whose|who's|whos|what|what's|whats|when|where|which|why|how)\b"
    r"|^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|name)\b"
    r"|\w\W+\w+\W+\w+.*\?",
    re.IGNORECASE | re.DOTALL,
)


def validated_question(question: str) -> str:
    """A question without the space around it.

    Raises:
        QuestionError: there is nothing in it to look for, or it is too long.
    """
    question = question.strip()
    if not question:
        raise QuestionError("The question is empty; ask about something in the articles.")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"The question is {len(question):,} characters long;"
            f" at most {MAX_QUESTION:,} can be asked."
        )
    refuse_lone_surrogates(question, "The question")
    if not any(unicodedata.category(c)[0] in "LN" for c in question):
        raise QuestionError("The question has no word in it; ask about something in the articles.")
    return question


def refuse_lone_surrogates(text: str, name: str) -> None:
    """Refuse lone surrogates (half a character), which UTF-8 cannot hold.

    Args:
        text: what a person typed.
        name: what it is, to begin a sentence with.

    Raises:
        QuestionError: there is one.
    """
    if any(unicodedata.category(c) == "Cs" for c in text):
        raise QuestionError(f"{name} has half a character in it; write it whole, in UTF-8.")


def is_question(question: str) -> bool:
    """Whether it is a question, and not keywords.

    The reader has learnt from questions; of "flood Riga" it knows nothing that the search does not
    know better.
    """
    return bool(_QUESTION.search(question))
