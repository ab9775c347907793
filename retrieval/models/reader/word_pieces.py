"""What the reader is given: ``[CLS] question [SEP] title [SEP] words [SEP]``, as word pieces.

The same code prepares what the model is trained on and what it reads when somebody asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

MAX_QUESTION = 64
MAX_TITLE = 32
MAX_WORDS = 192
"""Pieces of each part; the rest of a longer one is not read. A passage of English has some 70."""

_CLS, _SEP = 101, 102  # in the vocabulary of every uncased English BERT


@dataclass(frozen=True, slots=True)
class Part:
    """A tokenised text.

    Attributes:
        ids: its word pieces, no special ones.
        offsets: of each piece's characters in the text.
    """

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Sequences:
    """One question with one passage.

    Attributes:
        ids: all word pieces.
        rest: where the title begins: segment 0 is before it, segment 1 from there on.
        words: where the passage's own words begin.
        offsets: of each of the words' pieces in the words.
    """

    ids: list[int]
    rest: int
    words: int
    offsets: Sequence[tuple[int, int]]


def plain(tokenizer: Tokenizer) -> Tokenizer:
    """Set a tokenizer up to cut texts into pieces and do nothing else."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def tokenise(tokenizer: Tokenizer, texts: Sequence[str], limit: int) -> list[Part]:
    """Cut texts into at most ``limit`` pieces each."""
    return [
        _part(encoding, limit)
        for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)
    ]


def together(question: Part, title: Part, words: Part) -> Sequences:
    """Put a question and a passage together for the reader."""
    ids = [_CLS, *question.ids, _SEP]
    rest = len(ids)
    ids += [*title.ids, _SEP]
    start = len(ids)
    ids += [*words.ids, _SEP]
    return Sequences(ids, rest, start, words.offsets)


def _part(encoding: Encoding, limit: int) -> Part:
    return Part(encoding.ids[:limit], encoding.offsets[:limit])
