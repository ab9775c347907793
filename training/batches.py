"""Turns examples into batches of word pieces, the same ones for the same seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from tokenizers import Tokenizer

from retrieval.models.reader import word_pieces
from retrieval.models.reader.word_pieces import Part
from training.examples import Examples, TrainingPassage, TrainingQuestion
from training.model import Inputs
from training.unanswerable import ASKING, Neighbours, unanswerable

_LONGEST = 112
"""Pieces of a passage's words that are trained on: 99 in 100 passages are shorter."""

_KEYWORDS = 0.1
"""The share of questions of which only the words that say something are left."""

RIGHT, WRONG, CHANGED = 0, 1, 2
"""The kinds of a row: the passage that answers; one that does not; the one that answers, with a
question changed so that it no longer does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence with what is to be learnt from it.

    Attributes:
        ids: word pieces.
        rest: where segment 1 begins.
        words: where the passage's words begin.
        kind: ``RIGHT``, ``WRONG`` or ``CHANGED``.
        group: which question of the batch it belongs to.
        starts: where an answer begins, in pieces of the sequence; of a right one only.
        ends: each answer's last piece.
    """

    ids: Sequence[int]
    rest: int
    words: int
    kind: int
    group: int
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()


class Maker:
    """Makes rows of questions.

    Args:
        examples: see there.
        tokenizer: the packaged model's.
        neighbours: for the changed questions.
        wrong: how many wrong passages each question gets.
        changed: the share of questions that are also changed.
    """

    def __init__(
        self,
        examples: Examples,
        tokenizer: Tokenizer,
        neighbours: Neighbours,
        wrong: int,
        changed: float,
    ) -> None:
        self._examples = examples
        self._tokenizer = word_pieces.plain(tokenizer)
        self._neighbours = neighbours
        self._wrong = wrong
        self._changed = changed
        self._title = lru_cache(maxsize=None)(self._make_title)
        by_article: dict[int, list[int]] = {}
        for paragraph, article in enumerate(examples.articles):
            by_article.setdefault(article, []).append(paragraph)
        self._by_article = by_article

    def rows(self, question: TrainingQuestion, group: int, chance: random.Random) -> list[Row]:
        """The rows of one question, as they are trained on."""
        asked = _noisy(question.text, chance)
        rows = [self._row(asked, question.right, RIGHT, group, question.answers)]
        # Harder ones more often: each is half as likely again as the one four places below it.
        weights = [0.9**place for place in range(len(question.wrong))]
        chosen: list[TrainingPassage] = []
        while len(chosen) < min(self._wrong, len(question.wrong)):
            (passage,) = chance.choices(question.wrong, weights)
            if passage not in chosen:
                chosen.append(passage)
        rows += [self._row(asked, passage, WRONG, group) for passage in chosen]
        if chance.random() < self._changed:
            other = unanswerable(
                question.text,
                self._examples.words(question.right),
                self._company(question.right, chance),
                self._neighbours,
                chance,
            )
            if other:
                rows.append(self._row(_noisy(other, chance), question.right, CHANGED, group))
        return rows

    def all_rows(self, question: TrainingQuestion, group: int) -> list[Row]:
        """A question with every passage that is kept for it, to measure on."""
        right = self._row(question.text, question.right, RIGHT, group, question.answers)
        return [right, *(self._row(question.text, p, WRONG, group) for p in question.wrong)]

    def _company(self, passage: TrainingPassage, chance: random.Random) -> str:
        """The passage's paragraph and another of its article."""
        others = self._by_article[self._examples.articles[passage.paragraph]]
        texts = self._examples.texts
        return f"{texts[passage.paragraph]}\n{texts[chance.choice(others)]}"

    def _row(
        self,
        question: str,
        passage: TrainingPassage,
        kind: int,
        group: int,
        answers: Sequence[tuple[int, int]] = (),
    ) -> Row:
        asked, words = (
            word_pieces.tokenise(self._tokenizer, [text], limit)[0]
            for text, limit in (
                (question, word_pieces.MAX_QUESTION),
                (self._examples.words(passage), _LONGEST),
            )
        )
        title = self._title(self._examples.titles[passage.paragraph])
        made = word_pieces.together(asked, title, words)
        places = [place for place in (_place(answer, words) for answer in answers) if place]
        if answers and not places:
            kind = WRONG  # the answer was in the part that is cut off
        return Row(
            made.ids,
            made.rest,
            made.words,
            kind,
            group,
            [made.words + first for first, _ in places],
            [made.words + last for _, last in places],
        )

    def _make_title(self, title: str) -> Part:
        return word_pieces.tokenise(self._tokenizer, [title], word_pieces.MAX_TITLE)[0]


def inputs(rows: Sequence[Row]) -> Inputs:
    """Pad rows to one length."""
    length = max(len(row.ids) for row in rows)
    ids = np.zeros((len(rows), length), dtype=np.int64)
    segments = np.zeros_like(ids)
    mask = np.zeros(ids.shape, dtype=bool)
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)] = row.ids
        segments[n, row.rest : len(row.ids)] = 1
        mask[n, : len(row.ids)] = True
    return Inputs(torch.from_numpy(ids), torch.from_numpy(segments), torch.from_numpy(mask))


def by_length(rows: Sequence[Row], parts: int) -> Iterator[list[Row]]:
    """Rows of like length together, so that little is spent on padding."""
    ordered = sorted(rows, key=lambda row: len(row.ids))
    for part in np.array_split(np.arange(len(ordered)), parts):
        if len(part):
            yield [ordered[n] for n in part]


def _place(answer: tuple[int, int], words: Part) -> tuple[int, int] | None:
    """The first and last piece of an answer given in characters."""
    start, end = answer
    inside = [n for n, (a, b) in enumerate(words.offsets) if a < end and b > start]
    if not inside or words.offsets[inside[-1]][1] < end:
        return None
    return inside[0], inside[-1]


def _noisy(question: str, chance: random.Random) -> str:
    """What people type: at times a few words only, no question mark, or a slip of the finger."""
    question = question.strip()
    if chance.random() < _KEYWORDS:
        kept = [word for word in question.rstrip("?").split() if word.lower() not in ASKING]
        question = " ".join(kept) or question
    if chance.random() < 0.3:
        question = question.rstrip("?").rstrip()
    if chance.random() < 0.08 and len(question) > 12:
        at = chance.randrange(4, len(question) - 2)
        slips = (
            question[:at] + question[at + 1] + question[at] + question[at + 2 :],
            question[:at] + question[at + 1 :],
            question[:at] + question[at] + question[at:],
        )
        question = chance.choice(slips)
    return question
