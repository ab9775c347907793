"""Perturbs questions: they look as if a passage answered them, and it does not.

From a question that a passage answers, by one change: an entity or a number becomes another one
of the article, a word becomes its opposite, a word becomes another of its kind, or the question
is negated. (The kinds are those that the writers of SQuAD 2.0 were seen to use; none of its
questions is used.)
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence

Neighbours = Mapping[str, Sequence[str]]
"""Words of the same kind as a word: likely in its place, and different."""

_OPPOSITES = """
first last; largest smallest; biggest smallest; highest lowest; most least; more less; before after;
earliest latest; early late; increase decrease; increased decreased; north south; northern southern;
east west; eastern western; oldest youngest; old new; older younger; longest shortest; long short;
best worst; good bad; start end; started ended; begin end; began ended; open close; opened closed;
won lost; win lose; winner loser; male female; men women; man woman; boys girls; father mother;
son daughter; brother sister; husband wife; king queen; upper lower; above below; top bottom;
high low; higher lower; large small; larger smaller; major minor; majority minority;
maximum minimum;
positive negative; strong weak; stronger weaker; rich poor; public private; internal external;
inside outside; left right; import export; imported exported; buy sell; bought sold; gain loss;
gained lost; accept reject; accepted rejected; allowed forbidden; allow forbid; support oppose;
supported opposed; friend enemy; ally enemy; allies enemies; war peace; attack defend;
attacked defended; victory defeat; defeated saved; arrive leave; arrived left; entered left;
enter leave; joined left; join leave; create destroy; created destroyed; built demolished;
build demolish; founded dissolved; born died; birth death; alive dead; hot cold; warmer colder;
wet dry; day night; summer winter; spring autumn; morning evening; ancient modern; past future;
previous next; former latter; formerly currently; same different; similar different; simple complex;
easy difficult; common rare; frequently rarely; often seldom; always never; usually rarely;
success failure; successful unsuccessful; popular unpopular; legal illegal; known unknown;
possible impossible; visible invisible; safe dangerous; rural urban; heavy light; fast slow;
faster slower; near far; nearest farthest; closest farthest; expensive cheap; full empty;
true false; liberal conservative; teacher student; teachers students; employer employee;
parent child; parents children; predator prey; cause prevent; caused prevented; raise lower;
raised lowered; rise fall; rose fell; up down; over under; include exclude; included excluded;
add remove; added removed; appear disappear; appeared disappeared; advantage disadvantage;
benefit drawback; cheapest costliest; wide narrow; thick thin; deep shallow; young old;
protestant catholic; democratic republican; democrat republican; offensive defensive;
offense defense; home away; with without; during after; until since
"""

_NEGATED = {
    "did": "didn't", "does": "doesn't", "do": "don't", "is": "isn't", "are": "aren't",
    "was": "wasn't", "were": "weren't", "has": "hasn't", "have": "haven't", "had": "hadn't",
    "can": "can't", "could": "couldn't", "would": "wouldn't", "will": "won't",
    "should": "shouldn't",
}  # fmt: skip

STOP_WORDS = frozenset(
    """
    what which who whom whose when where why how many much did does do is are was were in on at of
    the a an to for from by with after before during name i it he she they we this that these those
    his her its their there while although however but and or if as both some most other another
    such many several one two than type all each no not since until under over also then thus
    """.split()
)
_NAME = re.compile(r"\b[A-Z][\w-]*(?:\s+(?:of\s+|the\s+|de\s+)?[A-Z][\w-]*)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_YEAR = re.compile(r"1[0-9]{3}|20[0-2][0-9]")
_WORD = re.compile(r"\b[a-z]{4,}\b")


def _opposites() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in _OPPOSITES.split(";"):
        one, other = pair.split()
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


OPPOSITES = _opposites()


def unanswerable(
    question: str, passage: str, article: str, neighbours: Neighbours, rng: random.Random
) -> str | None:
    """Change a question so that a passage no longer answers it.

    Args:
        question: one that the passage answers.
        passage: the words that answer.
        article: the text to take other names and numbers from.
        neighbours: other words for a word.
        rng: chooses the change.

    Returns:
        The changed question, or None where no change was possible.
    """
    ways = [_swap_name, _swap_number, _swap_opposite, _swap_word, _negate]
    weights = [4.0, 3.0, 3.0, 3.0, 1.0]
    while ways:
        (way,) = rng.choices(ways, weights)
        changed = next(way(question, passage, article, neighbours, rng), None)
        if changed is not None and changed != question:
            return changed
        position = ways.index(way)
        del ways[position], weights[position]
    return None


def _swap_name(
    question: str, passage: str, article: str, neighbours: Neighbours, rng: random.Random
) -> Iterator[str]:
    """Another name, from the same passage where there is one, which tempts most."""
    ours = [m for m in _NAME.finditer(question) if m.group().lower() not in STOP_WORDS]
    ours = [m for m in ours if m.start() > 0]
    if not ours:
        return
    name = rng.choice(ours)
    asked = set(question.lower().split())
    for text in rng.sample((passage, article), 2):
        others = [
            other
            for other in _NAME.findall(text)
            if not asked & set(other.lower().split()) and other.lower() not in STOP_WORDS
            and abs(len(other.split()) - len(name.group().split())) <= 1
        ]  # fmt: skip
        if others:
            yield _put(question, name, rng.choice(others))


def _swap_number(
    question: str, passage: str, article: str, neighbours: Neighbours, rng: random.Random
) -> Iterator[str]:
    """Another year for a year, another number for a number."""
    ours = list(_NUMBER.finditer(question))
    if not ours:
        return
    number = rng.choice(ours)
    if _YEAR.fullmatch(number.group()):
        others = [o for o in _NUMBER.findall(article) if _YEAR.fullmatch(o)]
        others.append(str(int(number.group()) + rng.choice((-20, -10, -3, -2, -1, 1, 2, 3, 10))))
    else:
        others = [o for o in _NUMBER.findall(article) if not _YEAR.fullmatch(o)]
        others.append(str(rng.randint(2, 60)))
    others = [other for other in others if other != number.group()]
    if others:
        yield _put(question, number, rng.choice(others))


def _swap_opposite(
    question: str, passage: str, article: str, neighbours: Neighbours, rng: random.Random
) -> Iterator[str]:
    ours = [m for m in re.finditer(r"\b[a-z]+\b", question) if m.group() in OPPOSITES]
    if ours:
        word = rng.choice(ours)
        yield _put(question, word, rng.choice(OPPOSITES[word.group()]))


def _swap_word(
    question: str, passage: str, article: str, neighbours: Neighbours, rng: random.Random
) -> Iterator[str]:
    """Another word of its kind, for a word that the passage has too."""
    there = set(_WORD.findall(passage.lower()))
    ours = [m for m in _WORD.finditer(question) if m.group() in neighbours]
    ours = [m for m in ours if m.group() not in STOP_WORDS]
    shared = [m for m in ours if m.group() in there]
    if not shared:
        return
    word = rng.choice(shared)
    others = [other for other in neighbours[word.group()] if other not in there]
    if others:
        yield _put(question, word, rng.choice(others))


def _negate(
    question: str, passage: str, article: str, neighbours: Neighbours, rng: random.Random
) -> Iterator[str]:
    ours = [m for m in re.finditer(r"\b[a-z]+\b", question) if m.group() in _NEGATED]
    if ours:
        word = ours[0]
        yield _put(question, word, rng.choice((_NEGATED[word.group()], f"{word.group()} never")))


def _put(question: str, found: re.Match[str], other: str) -> str:
    return question[: found.start()] + other + question[found.end() :]
