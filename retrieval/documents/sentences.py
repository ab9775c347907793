"""Splits text into sentences and paragraphs, as offsets into the text.

A rule of our own rather than a library: it works on offsets, keeps every character, needs no
model, and reads a newspaper's archive in seconds. It is made for news English and does no harm
to other scripts: where it sees no reason to split, it does not.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from retrieval.documents.article import Span

# The rules below take time in proportion to the text, whatever it is made of: none may start
# anew inside a run that it has just read to its end.

# A blank line ends a paragraph; so does a Unicode paragraph separator. Either is in a gap.
_BLANK_LINE = re.compile(r"\n[^\S\n]*+\n")  # begins with one character: searched at memory's speed
_BLANK_LINE_OR_SEPARATOR = re.compile(r"\n[^\S\n]*+\n|\u2029")
_SPACE = re.compile(r"\s*+")
_STEP = 1 << 16  # characters searched in one go, for whose time every other thread waits

# Where a sentence may end: its mark, what closes with it, and then a space. The ideographic
# marks need no space.
_MARK = re.compile(
    r"""(?<![.!?…])(?P<mark>[.!?…]++)(?P<closing>['"’”»)\]]*+)(?P<space>\s++)"""
    r"""|[。！？]+[」』”’）]*"""
)
# A line that starts a list item or a heading starts a sentence too, whatever ended before it.
_LINE_START = re.compile(r"\n[^\S\n]*(?=(?:[-*•–—+]|\#{1,6}|\d{1,3}[.)])[^\S\n])")

_OPENING = "'\"‘“«([¿¡"
_LAST_WORD = re.compile(r"[\w.&’'-]*$")
_NEXT_WORD = re.compile(r"[\w’']+")
_NEAR = 60  # characters in which to look for the word before or after a mark
_DOTTED = re.compile(r"(?:\w\.)*\w")  # U.S, a.m, e.g (their last dot is the mark)

# Never the end: a name or a number follows.
_BEFORE_A_NAME = frozenset(
    "mr mrs ms mx dr prof rev fr hon messrs gen lt col maj capt cmdr adm sgt cpl pvt sen rep gov"
    " pres supt insp det st mt ft vs viz cf fig figs eq ca e.g i.e".split()
)
# Not the end before a number: "No. 5", "Feb. 24", "p. 12".
_BEFORE_A_NUMBER = frozenset(
    "no nos vol ch sec art p pp para ver jan feb mar apr jun jul aug sep sept oct nov dec"
    " approx est".split()
)
# The end only if what follows starts a sentence: "Acme Inc. The firm…", "Acme Inc. Chairman…".
_MAYBE_LAST = frozenset(
    "inc ltd co corp llc plc bros jr sr esq etc al dept univ assn ave blvd rd jan feb mar apr jun"
    " jul aug sep sept oct nov dec no".split()
)
# Words that begin a sentence far more often than they go on after an abbreviation.
_STARTERS = frozenset(
    "a about according after all also although an and another as asked at because before both but"
    " by despite during each earlier every few for from he her here his how however i if in it its"
    " last later many meanwhile more most my nearly neither no nor not now of on once one only or"
    " other our she since so some still such that the their then there these they this those though"
    " through to today two under unlike until we what when where whether which while who why with"
    " without yet you your".split()
)


def paragraphs(text: str) -> list[Span]:
    """Find the paragraphs of a text: its runs between blank lines, less the space around them.

    Returns:
        Spans in order; every character that is not white space is in exactly one of them.
    """
    found = []
    start = 0
    for gap in _gaps(text):
        found.append((start, gap.start))
        start = gap.end
    found.append((start, len(text)))
    return [span for start, end in found if (span := _strip(text, start, end))]


def _gaps(text: str) -> Iterator[Span]:
    """What is between paragraphs, up to the next one's first word."""
    rule = _BLANK_LINE_OR_SEPARATOR if "\u2029" in text else _BLANK_LINE
    at = stop = 0
    while at < len(text):
        if at == stop:
            stop = _space_end(text, min(at + _STEP, len(text)))  # not inside a gap
        found = rule.search(text, at, stop)
        at = stop
        if found:
            at = _space_end(text, found.end())
            yield Span(found.start(), at)


def _space_end(text: str, at: int) -> int:
    """The offset after the white space that begins there, if any does."""
    while at < len(text):
        found = _SPACE.match(text, at, at + _STEP)
        if found is None or found.end() == at:
            break
        at = found.end()
    return at


def sentences(text: str, within: Span) -> list[Span]:
    """Find the sentences of one paragraph.

    Args:
        text: the text that ``within`` counts in.

    Returns:
        Spans in order, without the space between them; every character of the paragraph that is
        not white space is in exactly one of them.
    """
    cuts = sorted({*_ends(text, within), *_line_starts(text, within)})
    edges = [within.start, *cuts, within.end]
    return [span for start, end in pairwise(edges) if (span := _strip(text, start, end))]


def _ends(text: str, within: Span) -> Iterator[int]:
    sentence_start = within.start
    for mark in _MARK.finditer(text, within.start, within.end):
        if mark["mark"] is None or _is_end(text, sentence_start, mark):
            sentence_start = mark.end()
            yield mark.end()


def _line_starts(text: str, within: Span) -> Iterator[int]:
    for start in _LINE_START.finditer(text, within.start, within.end):
        yield start.end()


def _is_end(text: str, sentence_start: int, mark: re.Match[str]) -> bool:
    """Whether the mark ends its sentence, judged by the words before and after it."""
    after = mark.end()
    if after >= len(text):
        return True
    first = text[after]
    if first.islower():
        return False
    if mark["mark"] != ".":
        return True

    before = _LAST_WORD.search(text, max(sentence_start, mark.start() - _NEAR), mark.start())
    last = before.group().lstrip("'’.-").lower() if before else ""
    opened = first in _OPENING
    following = _NEXT_WORD.search(text, after, after + _NEAR)
    starts_sentence = opened or (following is not None and following.group().lower() in _STARTERS)

    if not last:
        return True
    if mark["closing"]:  # 'He lives in the U.S."' closes whatever came before
        return opened or starts_sentence or last not in _BEFORE_A_NAME
    if last in _BEFORE_A_NAME:
        return False
    if first.isdigit() and last in _BEFORE_A_NUMBER:
        return False
    if last.isdigit() and _numbers_an_item(text, sentence_start, mark.start()):
        return False  # "1. The first item": the number belongs to what it numbers
    if len(last) == 1 and last.isalpha():
        return last == "i" and starts_sentence  # "J. Smith", "John F. Kennedy", but "so am I. The"
    if "." in last and _DOTTED.fullmatch(last):
        return starts_sentence
    if last in _MAYBE_LAST:
        return starts_sentence
    return True


def _numbers_an_item(text: str, sentence_start: int, end: int) -> bool:
    """Whether a number that ends there is all that its sentence or its line holds so far."""
    line_start = text.rfind("\n", sentence_start, end) + 1
    number = text[max(sentence_start, line_start) : end].strip()
    # A longer one at the start of a line is a year in a text of fixed width.
    return number.isdigit() and (len(number) <= 3 or not line_start)


def _strip(text: str, start: int, end: int) -> Span | None:
    """The span without the white space at its ends, or None where nothing is left."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return Span(start + left, start + right) if right > left else None
