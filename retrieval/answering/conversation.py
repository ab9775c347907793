"""Follow-up questions: what to search with, from the turns before and what is asked now.

    Where were the talks held?     In Istanbul.
    When did they start?           searched with "talks" and "held" besides

A question that leans on the turns before it, since it has a pronoun for what they were about or
too few words of its own, is searched with their words and their vectors too. One that goes on about
the same in its own words is searched with theirs a little, and a new topic as if nothing had been
asked before. ``benchmarks/quality/follow_ups.py`` measures it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.answering.question import check_whole, clean_question
from retrieval.documents.analyzer import Terms
from retrieval.errors import QuestionError

_WORD_WEIGHT = 0.2
"""Of a word of the question before, in BM25, where one of the question's own counts 1."""

_AGEING = 0.5
"""What of a weight is left a turn later."""

_SHORT_ANSWER = 6
"""Telling words: no longer, and the last answer is itself what may be talked about next."""

_VECTOR_WEIGHT = 0.5
"""Of the vector of the question before, where the question's own counts 1."""

_TURNS_IN_WORDS = 8
_TURNS_IN_VECTOR = 2
"""Turns that are looked back on: older ones would weigh next to nothing, and vectors take time."""

_FEW_WORDS = 2
"""Telling words: with no more before a pronoun, it stands for something said before; with no more,
and no name, a request does not say what it is about, and a question with fewer."""

_SHARED = 0.2
"""Of a question's telling words: with fewer of them said before, it is about something else."""

# As text: compiling them takes 10 ms, which a question without others before it need not wait for.
_WORD = r"[^\W_]+(?:['’-][^\W_]+)*"

# Words with which people ask for anything at all; they do not say what about.
_ASKING = """
also anybody anyone anything care describe detail details elaborate else ever example examples
expand explain find first give happen happened hear info information interest interested interesting
just kind kinds know last learn like long look make many may mean might more much must name never no
ok okay only other people please really said same say show something start started still sure tell
thing things time today type types use used want way ways wish yeah yes yet d ll m re s t ve
"""

_POINTING_BACK = (
    r"(?i)\b(?:it|its|it's|they|they're|their|theirs|them|he|he's|she|she's|his|her|hers|him|himself|herself"
    r"|itself|themselves|these|those|either|neither|another|else|ones|(?:the|that|which)\s+one"
    r"|the\s+(?:same|latter|former)|(?:any|the|are|some)\s+others?(?!\s+than)"
    r"|this(?!\s+(?:week|weekend|year|month|day|morning|season|century|decade|time)\b))\b"
    r"|\bthat\W*$|\bthere\W*$|\b(?:from|get|got|go|went|live|lived|over)\s+there\b"
    r"|\b(?:of|to|in|on|at|for|with|from|about|by|did|does|do|like|after|before|since)\s+that\b"
    r"|^\W*(?:is|was|did|does)\s+that\b"
)
_GOING_ON = (
    r"(?i)^\W*(?:and|but|or|so|then|also|yes|yeah|no|sure|ok|okay|really|(?:what|how)\s+about"
    r"|(?:what|who|where)\s+else|why\s+not|which\s+one)\b"
    r"|^\W*(?:why|how|when|where|who|what)\W*$"
)
# "I would like to know about pests", which people say to go on rather than to begin.
_REQUEST = r"(?i)^\W*(?:(?:please|can you|could you)\s+)*(?:tell|let)\s+me\b|^\W*I\b"
# Not at the beginning of a sentence, where every word has a capital.
_NAME = r"(?<!^)(?<![.?!]\s)\b(?:[A-Z](?!['’]|\b)[\w'’.-]*|\d{3,})"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked before, and its answer.

    Attributes:
        question: as it was asked.
        answer: the words that answered it; empty where nothing was found.
    """

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a question is taken.

    Attributes:
        question: as it was asked.
        carried: words of earlier turns that it is searched with too, as they were written, the
            most telling first; none where it stands alone.
        words: the same as the terms that the index of words has, each with its weight, where one of
            the question's own weighs 1.
        texts: texts whose vectors are added to the question's, with their weights.
    """

    question: str
    carried: tuple[str, ...] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    texts: tuple[tuple[str, float], ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it is taken as if nothing had been asked before."""
        return not self.words and not self.texts

    @property
    def leans(self) -> bool:
        """Whether it needs those before it to say what it is about."""
        return bool(self.texts)


class Conversations:
    """Understands questions by the turns before them.

    Args:
        terms: what takes texts apart as the index of words has them.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._passed_over = terms.grammar | frozenset(terms.of(_ASKING))

    def understand(self, question: str, turns: Sequence[Turn]) -> Understanding:
        """Tell what a question is about.

        Args:
            question: as it was asked.
            turns: those before it, the oldest first.
        """
        alone = Understanding(question)
        if not turns:
            return alone
        own = self._telling(question)
        leans = self._leans(question, own)
        asked = [self._telling(turn.question) for turn in turns[-_TURNS_IN_WORDS:]]
        shared = own.keys() & set().union(*asked)
        if not leans and len(shared) < max(1, _SHARED * len(own)):
            return alone
        carried: dict[str, str] = {}
        weights: dict[str, float] = {}
        answer = self._telling(turns[-1].answer) if leans else {}
        said = answer if len(answer) <= _SHORT_ANSWER else {}
        for term, word, weight in _aged([*asked[:-1], {**asked[-1], **said}]):
            if term not in own and weight > weights.get(term, 0.0):
                carried[term], weights[term] = word, weight
        if not leans:
            return Understanding(question, _shown(carried, weights), weights)
        texts = tuple(
            (turn.question, _VECTOR_WEIGHT * _AGEING**age)
            for age, turn in enumerate(reversed(turns[-_TURNS_IN_VECTOR:]))
        )
        return Understanding(question, _shown(carried, weights), weights, texts)

    def _leans(self, question: str, own: Mapping[str, str]) -> bool:
        """Whether it needs the turns before it to say what it is about."""
        if re.search(_GOING_ON, question):
            return True
        names = [found.start() for found in re.finditer(_NAME, question)]
        back = re.search(_POINTING_BACK, question)
        if back and not any(name < back.start() for name in names):
            # What comes before a pronoun may well be what it stands for.
            return len(self._telling(question[: back.start()])) <= _FEW_WORDS
        enough = _FEW_WORDS + 1 if re.search(_REQUEST, question) else _FEW_WORDS
        return len(own) < enough and not names

    def _telling(self, text: str) -> dict[str, str]:
        """The terms of a text that say what it is about, with the words that they are from."""
        found: dict[str, str] = {}
        for match in re.finditer(_WORD, text):
            for term in self._terms.of(match[0]):
                if term not in self._passed_over and not term.isdecimal():
                    found.setdefault(term, match[0])
        return found


def _aged(spoken: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str, float]]:
    """Each term of earlier turns, given oldest first, with its word and its weight."""
    for age, words in enumerate(reversed(spoken)):
        for term, word in words.items():
            yield term, word, _WORD_WEIGHT * _AGEING**age


def _shown(carried: Mapping[str, str], weights: Mapping[str, float]) -> tuple[str, ...]:
    """The words that were carried over, each once, the most telling first."""
    ranked = sorted(carried, key=lambda term: -weights[term])
    return tuple(dict.fromkeys(carried[term] for term in ranked))


def turns_from(history: object) -> tuple[Turn, ...]:
    """Make turns of what was asked and answered in turn, as JSON has it.

    Args:
        history: a list of strings, ``["asked", "answered", …]``, the oldest first. An answer is
            empty where nothing was found.

    Raises:
        QuestionError: it is something else.
    """
    if not isinstance(history, list) or not all(isinstance(each, str) for each in history):
        raise QuestionError("'history' should be a list of strings, asked and answered in turn.")
    if len(history) % 2:
        raise QuestionError("'history' ends with a question; write its answer too, or \"\".")
    for answered in history[1::2]:
        check_whole(answered, "An answer of 'history'")
    return tuple(
        Turn(clean_question(asked), answered)
        for asked, answered in zip(history[::2], history[1::2], strict=True)
    )
