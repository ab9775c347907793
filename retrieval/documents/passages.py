"""Splits an article into passages (chunks): runs of whole sentences, short enough to be quoted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.documents.article import Span
from retrieval.documents.sentences import paragraphs, sentences

MAX_CHARACTERS = 320
"""The longest passage. It is the longest quote too, so that what was found can be shown whole,
and some 70 word pieces of English: with a title, well within the 256 that the encoder sees."""

_CONTEXT_CHARACTERS = 160  # of a title; the rest of an endless one says no more
# Where to cut a sentence that is longer than a passage may be: the strongest break there is.
_BREAKS = tuple(re.compile(rule) for rule in (r"[;:—–]\s", r",\s", r"\s"))


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: ``article.text[start:end]``.

    Attributes:
        paragraph: the paragraph that it begins in, counted from 1.
        start: offset of its first character.
        end: offset after its last.
    """

    paragraph: int
    start: int
    end: int


def split_into_passages(text: str) -> list[Passage]:
    """Split a text into passages.

    Args:
        text: an article's.

    Returns:
        Passages in order, none longer than ``MAX_CHARACTERS``, none overlapping; every character
        that is not white space is in exactly one. Only a sentence longer than that is cut. A
        passage reaches across the end of a paragraph only to hold paragraphs whole that are so
        short (headings, the single sentences of news) that they fit into it together.
    """
    found: list[Passage] = []
    short: Passage | None = None  # whole paragraphs, to which the next may still be added
    for number, paragraph in enumerate(paragraphs(text), start=1):
        if short and paragraph.end - short.start <= MAX_CHARACTERS:
            short = Passage(short.paragraph, short.start, paragraph.end)
            continue
        if short:
            found.append(short)
            short = None
        if paragraph.end - paragraph.start <= MAX_CHARACTERS:
            short = Passage(number, paragraph.start, paragraph.end)
        else:
            found.extend(_cut(text, paragraph, number))
    if short:
        found.append(short)
    return found


def encoder_text(title: str, words: str) -> str:
    """The text that is encoded for a passage: the article's title, then the passage's words."""
    return f"{title[:_CONTEXT_CHARACTERS]}. {words}"


def _cut(text: str, paragraph: Span, number: int) -> Iterator[Passage]:
    """The passages of a paragraph that is too long to be one: as many sentences each as fit."""
    start = end = paragraph.start
    for piece in _pieces(text, paragraph):
        if piece.end - start > MAX_CHARACTERS:
            yield Passage(number, start, end)
            start = piece.start
        end = piece.end
    yield Passage(number, start, end)


def _pieces(text: str, paragraph: Span) -> Iterator[Span]:
    """The sentences of a paragraph, those that are too long cut at their strongest breaks."""
    for sentence in sentences(text, paragraph):
        start = sentence.start
        while sentence.end - start > MAX_CHARACTERS:
            cut = start + _last_break(text[start : start + MAX_CHARACTERS])
            yield Span(start, cut - _trailing_space(text, start, cut))
            start = cut
            while text[start].isspace():
                start += 1
        yield Span(start, sentence.end)


def _last_break(window: str) -> int:
    """The offset after the last good place to cut in the second half of the window."""
    for rule in _BREAKS:
        ends = [found.end() for found in rule.finditer(window) if found.end() > len(window) // 2]
        if ends:
            return ends[-1]
    return len(window)


def _trailing_space(text: str, start: int, end: int) -> int:
    piece = text[start:end]
    return len(piece) - len(piece.rstrip())
