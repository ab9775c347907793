"""Words that the terminal and Discord share."""

from retrieval.answering.answer import Quote
from retrieval.answering.conversation import ExpandedQuery

_VERY_LIKELY = 0.85
_PROBABLY = 0.6

NOT_FOUND = "Not found in the articles."
NEAREST = "The nearest passages:"


_CARRIED = 8  # words of earlier turns that are told: more would be no help


def understood_as(taken: ExpandedQuery) -> str | None:
    """Say how a question was understood, or None where it was taken as it was typed."""
    if taken.standalone:
        return None
    words = ", ".join(taken.expansion_words[:_CARRIED])
    return f"Understood as going on about: {words}" if words else "Understood as a follow-up"


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 article``, ``2,000 articles``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def paragraph_range(quote: Quote) -> str:
    """The paragraphs that a quote is from: ``¶ 2``, or ``¶ 1–3``."""
    first, last = quote.paragraph, quote.last_paragraph
    return f"¶\N{NO-BREAK SPACE}{first}" + (f"–{last}" if last > first else "")


def sureness(confidence: float) -> str:
    """Say how sure an answer is, in words and as a percentage.

    Args:
        confidence: a probability. Nothing is ever called 0 % or 100 % sure.
    """
    if confidence >= _VERY_LIKELY:
        word = "Very likely"
    elif confidence >= _PROBABLY:
        word = "Probably"
    else:
        word = "Perhaps"
    percent = min(99, max(1, round(confidence * 100)))
    return f"{word} ({percent}\N{NO-BREAK SPACE}%)"
