"""Turns examples into batches of word pieces, the same ones for the same seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from tokenizers import Tokenizer

from retrieval.models.reader import word_pieces
from retrieval.models.reader.word_pieces import TokenisedText
from training.examples import Examples, TrainingPassage, TrainingQuestion
from training.model import Inputs
from training.unanswerable import STOP_WORDS, Neighbours, unanswerable

_MAX_PASSAGE_PIECES = 112
"""Pieces of a passage's words that are trained on: 99 in 100 passages are shorter."""

_KEYWORDS = 0.1
"""The share of questions of which only the words that say something are left."""

POSITIVE, NEGATIVE, PERTURBED = 0, 1, 2
"""The kinds of a row: the passage that answers; a hard negative; the one that answers, with the
question perturbed so that it no longer does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence with what is to be learnt from it.

    Attributes:
        ids: word pieces.
        segment_start: where segment 1 begins.
        passage_start: where the passage's pieces begin.
        kind: ``POSITIVE``, ``NEGATIVE`` or ``PERTURBED``.
        group: which question of the batch it belongs to.
        starts: where an answer begins, in pieces of the sequence; of a right one only.
        ends: each answer's last piece.
    """

    ids: Sequence[int]
    segment_start: int
    passage_start: int
    kind: int
    group: int
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()


class RowBuilder:
    """Makes rows of questions.

    Args:
        examples: the paragraphs that the questions are about.
        tokenizer: the packaged model's.
        neighbours: for the changed questions.
        wrong: how many hard negatives each question gets.
        changed: the share of questions that are perturbed, besides.
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
        self._tokenizer = word_pieces.without_padding_or_truncation(tokenizer)
        self._neighbours = neighbours
        self._wrong = wrong
        self._changed = changed
        self._title = lru_cache(maxsize=None)(self._make_title)
        by_article: dict[int, list[int]] = {}
        for paragraph, article in enumerate(examples.articles):
            by_article.setdefault(article, []).append(paragraph)
        self._by_article = by_article

    def rows(self, question: TrainingQuestion, group: int, rng: random.Random) -> list[Row]:
        """The rows of one question to train on: noisy, with sampled negatives, some perturbed."""
        asked = _with_noise(question.text, rng)
        rows = [self._row(asked, question.positive, POSITIVE, group, question.answers)]
        # Harder ones more often: each is half as likely again as the one four places below it.
        weights = [0.9**place for place in range(len(question.hard_negatives))]
        chosen: list[TrainingPassage] = []
        while len(chosen) < min(self._wrong, len(question.hard_negatives)):
            (passage,) = rng.choices(question.hard_negatives, weights)
            if passage not in chosen:
                chosen.append(passage)
        rows += [self._row(asked, passage, NEGATIVE, group) for passage in chosen]
        if rng.random() < self._changed:
            other = unanswerable(
                question.text,
                self._examples.words(question.positive),
                self._context(question.positive, rng),
                self._neighbours,
                rng,
            )
            if other:
                rows.append(self._row(_with_noise(other, rng), question.positive, PERTURBED, group))
        return rows

    def all_rows(self, question: TrainingQuestion, group: int) -> list[Row]:
        """A question with every passage that is kept for it, to measure on."""
        right = self._row(question.text, question.positive, POSITIVE, group, question.answers)
        return [
            right,
            *(self._row(question.text, p, NEGATIVE, group) for p in question.hard_negatives),
        ]

    def _context(self, passage: TrainingPassage, rng: random.Random) -> str:
        """The passage's paragraph and another of its article."""
        others = self._by_article[self._examples.articles[passage.paragraph]]
        texts = self._examples.texts
        return f"{texts[passage.paragraph]}\n{texts[rng.choice(others)]}"

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
                (question, word_pieces.MAX_QUESTION_PIECES),
                (self._examples.words(passage), _MAX_PASSAGE_PIECES),
            )
        )
        title = self._title(self._examples.titles[passage.paragraph])
        made = word_pieces.reader_input(asked, title, words)
        places = [place for place in (_piece_span(answer, words) for answer in answers) if place]
        if answers and not places:
            kind = NEGATIVE  # the answer was in the part that is cut off
        return Row(
            made.ids,
            made.segment_start,
            made.passage_start,
            kind,
            group,
            [made.passage_start + first for first, _ in places],
            [made.passage_start + last for _, last in places],
        )

    def _make_title(self, title: str) -> TokenisedText:
        return word_pieces.tokenise(self._tokenizer, [title], word_pieces.MAX_TITLE_PIECES)[0]


def padded(rows: Sequence[Row]) -> Inputs:
    """Rows as tensors of one length, that of the longest; padding is masked."""
    length = max(len(row.ids) for row in rows)
    ids = np.zeros((len(rows), length), dtype=np.int64)
    segments = np.zeros_like(ids)
    mask = np.zeros(ids.shape, dtype=bool)
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)] = row.ids
        segments[n, row.segment_start : len(row.ids)] = 1
        mask[n, : len(row.ids)] = True
    return Inputs(torch.from_numpy(ids), torch.from_numpy(segments), torch.from_numpy(mask))


def length_buckets(rows: Sequence[Row], parts: int) -> Iterator[list[Row]]:
    """Rows in buckets of like length, so that little is spent on padding."""
    ordered = sorted(rows, key=lambda row: len(row.ids))
    for part in np.array_split(np.arange(len(ordered)), parts):
        if len(part):
            yield [ordered[n] for n in part]


def _piece_span(answer: tuple[int, int], words: TokenisedText) -> tuple[int, int] | None:
    """The first and last piece of an answer given in characters; None where it is cut off."""
    start, end = answer
    inside = [n for n, (a, b) in enumerate(words.offsets) if a < end and b > start]
    if not inside or words.offsets[inside[-1]][1] < end:
        return None
    return inside[0], inside[-1]


def _with_noise(question: str, rng: random.Random) -> str:
    """What people type: at times a few words only, no question mark, or a slip of the finger."""
    question = question.strip()
    if rng.random() < _KEYWORDS:
        kept = [word for word in question.rstrip("?").split() if word.lower() not in STOP_WORDS]
        question = " ".join(kept) or question
    if rng.random() < 0.3:
        question = question.rstrip("?").rstrip()
    if rng.random() < 0.08 and len(question) > 12:
        at = rng.randrange(4, len(question) - 2)
        slips = (
            question[:at] + question[at + 1] + question[at] + question[at + 2 :],
            question[:at] + question[at + 1 :],
            question[:at] + question[at] + question[at:],
        )
        question = rng.choice(slips)
    return question
