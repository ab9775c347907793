"""What the reader learns from: each question with a passage that answers it, and others."""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

from benchmarks.common.data import read_jsonl
from retrieval.documents.passages import split_into_passages
from retrieval.evaluation.metrics import answer_in_quote

MAX_HARD_NEGATIVES = 12
"""Wrong passages that are kept for each question, the most tempting first."""

_HELD_OUT_EVERY = 30  # of the Wikipedia articles, one in so many is never trained on


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """A passage of a paragraph.

    Attributes:
        paragraph: its number in the file.
        start: offset of its first character in the paragraph.
        end: offset after its last.
    """

    paragraph: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question with what answers it and what does not.

    Attributes:
        text: as it was asked.
        positive: the passage that answers.
        answers: offsets of the answer in that passage: each place where the words stand.
        hard_negatives: passages that our search finds and that do not hold the answer, best first.
    """

    text: str
    positive: TrainingPassage
    answers: tuple[tuple[int, int], ...]
    hard_negatives: tuple[TrainingPassage, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """Everything to learn from.

    Attributes:
        texts: of the paragraphs.
        titles: of the article that each paragraph is from.
        articles: the number of that article.
        training: the questions to learn from.
        held_out: questions to other articles, for the curve.
    """

    texts: list[str]
    titles: list[str]
    articles: list[int]
    training: list[TrainingQuestion]
    held_out: list[TrainingQuestion]

    def words(self, passage: TrainingPassage) -> str:
        """A passage's words."""
        return self.texts[passage.paragraph][passage.start : passage.end]


def load(data: Path, work: Path) -> Examples:
    """Read ``squad/train`` and what was mined for it."""
    folder = data / "squad" / "train"
    paragraphs = read_jsonl(folder / "paragraphs.jsonl.gz")
    numbers = {row["id"]: n for n, row in enumerate(paragraphs)}
    order = {title: n for n, title in enumerate(dict.fromkeys(p["article_id"] for p in paragraphs))}
    examples = Examples(
        texts=[row["text"] for row in paragraphs],
        titles=[row["title"].replace("_", " ") for row in paragraphs],
        articles=[order[row["article_id"]] for row in paragraphs],
        training=[],
        held_out=[],
    )
    passages = [
        [TrainingPassage(n, p.start, p.end) for p in split_into_passages(text)]
        for n, text in enumerate(examples.texts)
    ]
    rarity = _rarity(examples.texts)
    questions = read_jsonl(folder / "questions.jsonl.gz")
    with gzip.open(work / "mined.jsonl.gz", "rt", encoding="utf-8") as lines:
        for mined in map(json.loads, lines):
            row = questions[mined["question"]]
            paragraph = numbers[row["paragraph_id"]]
            found = [TrainingPassage(*place[:3]) for place in mined["found"]]
            question = _question(row, passages[paragraph], found, examples, rarity)
            if question:
                held_out = examples.articles[paragraph] % _HELD_OUT_EVERY == 7
                (examples.held_out if held_out else examples.training).append(question)
    # The file goes article by article: in another order, a part of it is a fair sample.
    random.Random(0).shuffle(examples.held_out)  # noqa: S311 - not a secret
    return examples


def _question(
    row: dict[str, Any],
    passages: Sequence[TrainingPassage],
    found: Iterable[TrainingPassage],
    examples: Examples,
    rarity: dict[str, float],
) -> TrainingQuestion | None:
    """A question's example, or None where no passage holds the whole answer."""
    place = row["evidence"][0]
    text = examples.texts[passages[0].paragraph] if passages else ""
    words = text[place["start"] : place["end"]]
    if not words.strip():
        return None
    starts = [m.start() for m in re.finditer(re.escape(words), text)]
    holding = [
        (passage, [s for s in starts if passage.start <= s and s + len(words) <= passage.end])
        for passage in passages
    ]
    holding = [(passage, inside) for passage, inside in holding if inside]
    if not holding:
        return None

    # Where the words stand in several passages, the offset is wrong in one of four: the passage
    # with more of the question's words is meant, and the offset only decides between equals.
    asked = set(_words(row["question"]))

    def likely(held: tuple[TrainingPassage, list[int]]) -> tuple[float, bool]:
        there = asked & set(_words(examples.words(held[0])))
        return sum(rarity.get(word, 0.0) for word in there), place["start"] in held[1]

    right, inside = max(holding, key=likely)
    answers = tuple((s - right.start, s - right.start + len(words)) for s in inside)
    wrong = [
        p for p in found if not answer_in_quote(row["answers"], examples.words(p)) and p != right
    ]
    return TrainingQuestion(row["question"], right, answers, tuple(wrong[:MAX_HARD_NEGATIVES]))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _rarity(texts: Iterable[str]) -> dict[str, float]:
    """How much each word says, by how few texts have it."""
    texts = list(texts)
    counts = Counter(word for text in texts for word in set(_words(text)))
    return {word: log(len(texts) / count) for word, count in counts.items()}
