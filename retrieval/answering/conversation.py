"""Follow-up questions: expand a query with the turns before it.

    Where were the talks held?     In Istanbul.
    When did they start?           searched with "talks" and "held" besides

A question that depends on its context, since it has a pronoun for what the turns before were about
or too few content terms of its own, is searched with their terms and their vectors too. One that
goes on about the same topic in its own words is searched with a little of their terms, and one on
a new topic as if nothing had been asked before. ``benchmarks/quality/follow_ups.py`` measures it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.answering.question import refuse_lone_surrogates, validated_question
from retrieval.documents.analyzer import Analyzer
from retrieval.errors import QuestionError

_TERM_WEIGHT = 0.2
"""Of a term of the question before, in BM25, where one of the question's own counts 1."""

_DECAY = 0.5
"""Of a weight, for each turn that lies between."""

_SHORT_ANSWER = 6
"""Content terms: no longer, and the last answer is itself what may be talked about next."""

_VECTOR_WEIGHT = 0.5
"""Of the vector of the question before, where the question's own counts 1."""

_TURNS_IN_TERMS = 8
_TURNS_IN_VECTOR = 2
"""The window of turns: older ones would weigh next to nothing, and vectors take time."""

_FEW_TERMS = 2
"""Content terms: with no more before a pronoun, it stands for something said before; with no more,
and no name, a request does not say what it is about, and a question with fewer."""

_MIN_OVERLAP = 0.2
"""Of a question's content terms: with fewer of them in the turns before, it is a new topic."""

# As text: compiling them takes 10 ms, which a question without others before it need not wait for.
_WORD = r"[^\W_]+(?:['’-][^\W_]+)*"

# Stop words of conversation: people ask for anything at all with them.
_GENERIC_WORDS = """
also anybody anyone anything care describe detail details elaborate else ever example examples
expand explain find first give happen happened hear info information interest interested interesting
just kind kinds know last learn like long look make many may mean might more much must name never no
ok okay only other people please really said same say show something start started still sure tell
thing things time today type types use used want way ways wish yeah yes yet d ll m re s t ve
"""

_ANAPHORA = (
    r"(?i)\b(?:it|its|it's|they|they're|their|theirs|them|he|he's|she|she's|his|her|hers|him|himself|herself"
    r"|itself|themselves|these|those|either|neither|another|else|ones|(?:the|that|which)\s+one"
    r"|the\s+(?:same|latter|former)|(?:any|the|are|some)\s+others?(?!\s+than)"
    r"|this(?!\s+(?:week|weekend|year|month|day|morning|season|century|decade|time)\b))\b"
    r"|\bthat\W*$|\bthere\W*$|\b(?:from|get|got|go|went|live|lived|over)\s+there\b"
    r"|\b(?:of|to|in|on|at|for|with|from|about|by|did|does|do|like|after|before|since)\s+that\b"
    r"|^\W*(?:is|was|did|does)\s+that\b"
)
_CONTINUATION = (
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
        answer: the words that answered it; empty where nothing was found.
    """

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ExpandedQuery:
    """A question, with what it is searched with besides.

    Attributes:
        expansion_words: words of earlier turns, as they were written, the one of most weight
            first; none where the question stands alone.
        expansion_terms: the same as terms of the word index, each with its weight, where one of
            the question's own weighs 1.
        context_texts: texts whose vectors are added to the question's, with their weights.
    """

    question: str
    expansion_words: tuple[str, ...] = ()
    expansion_terms: Mapping[str, float] = field(default_factory=dict)
    context_texts: tuple[tuple[str, float], ...] = ()

    @property
    def standalone(self) -> bool:
        """Whether it is searched as if nothing had been asked before."""
        return not self.expansion_terms and not self.context_texts

    @property
    def context_dependent(self) -> bool:
        """Whether it needs the turns before it to say what it is about."""
        return bool(self.context_texts)


class QueryExpander:
    """Expands questions with the turns before them.

    Args:
        analyzer: that of the word index.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        generic = analyzer.unique_terms(_GENERIC_WORDS)
        self._stop_words = analyzer.stop_words | frozenset(generic)

    def expand(self, question: str, turns: Sequence[Turn]) -> ExpandedQuery:
        """Expand a question.

        Args:
            turns: those before it, the oldest first.
        """
        standalone = ExpandedQuery(question)
        if not turns:
            return standalone
        own = self._content_terms(question)
        dependent = self._context_dependent(question, own)
        asked = [self._content_terms(turn.question) for turn in turns[-_TURNS_IN_TERMS:]]
        shared = own.keys() & set().union(*asked)
        if not dependent and len(shared) < max(1, _MIN_OVERLAP * len(own)):
            return standalone
        words: dict[str, str] = {}
        weights: dict[str, float] = {}
        answer = self._content_terms(turns[-1].answer) if dependent else {}
        answered = answer if len(answer) <= _SHORT_ANSWER else {}
        for term, word, weight in _decayed([*asked[:-1], {**asked[-1], **answered}]):
            if term not in own and weight > weights.get(term, 0.0):
                words[term], weights[term] = word, weight
        if not dependent:
            return ExpandedQuery(question, _by_weight(words, weights), weights)
        texts = tuple(
            (turn.question, _VECTOR_WEIGHT * _DECAY**age)
            for age, turn in enumerate(reversed(turns[-_TURNS_IN_VECTOR:]))
        )
        return ExpandedQuery(question, _by_weight(words, weights), weights, texts)

    def _context_dependent(self, question: str, own: Mapping[str, str]) -> bool:
        """Whether a question needs the turns before it to say what it is about."""
        if re.search(_CONTINUATION, question):
            return True
        names = [found.start() for found in re.finditer(_NAME, question)]
        pronoun = re.search(_ANAPHORA, question)
        if pronoun and not any(name < pronoun.start() for name in names):
            # What comes before a pronoun may well be what it stands for.
            return len(self._content_terms(question[: pronoun.start()])) <= _FEW_TERMS
        enough = _FEW_TERMS + 1 if re.search(_REQUEST, question) else _FEW_TERMS
        return len(own) < enough and not names

    def _content_terms(self, text: str) -> dict[str, str]:
        """The terms of a text that say what it is about, with the words that they are from."""
        found: dict[str, str] = {}
        for match in re.finditer(_WORD, text):
            for term in self._analyzer.unique_terms(match[0]):
                if term not in self._stop_words and not term.isdecimal():
                    found.setdefault(term, match[0])
        return found


def _decayed(turns: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str, float]]:
    """Each term of earlier turns, given oldest first, with its word and its weight."""
    for age, words in enumerate(reversed(turns)):
        for term, word in words.items():
            yield term, word, _TERM_WEIGHT * _DECAY**age


def _by_weight(words: Mapping[str, str], weights: Mapping[str, float]) -> tuple[str, ...]:
    """The words of terms, each once, the one of most weight first."""
    ranked = sorted(words, key=lambda term: -weights[term])
    return tuple(dict.fromkeys(words[term] for term in ranked))


def parse_history(history: object) -> tuple[Turn, ...]:
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
        refuse_lone_surrogates(answered, "An answer of 'history'")
    return tuple(
        Turn(validated_question(asked), answered)
        for asked, answered in zip(history[::2], history[1::2], strict=True)
    )
