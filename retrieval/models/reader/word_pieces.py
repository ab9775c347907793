"""The reader's input: ``[CLS] question [SEP] title [SEP] passage [SEP]``, as word pieces.

The same code prepares what the model is trained on and what it reads when somebody asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

MAX_QUESTION_PIECES = 64
MAX_TITLE_PIECES = 32
MAX_PASSAGE_PIECES = 192
"""Longer parts are truncated. A passage of English has some 70 word pieces."""

_CLS, _SEP = 101, 102  # in the vocabulary of every uncased English BERT


@dataclass(frozen=True, slots=True)
class TokenisedText:
    """A tokenised text.

    Attributes:
        ids: its word pieces, no special ones.
        offsets: of each piece's characters in the text.
    """

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """One question with one passage, as a sequence of word pieces.

    Attributes:
        ids: all word pieces.
        segment_start: where segment 1 begins, with the title; segment 0 is the question.
        passage_start: where the passage's own pieces begin.
        offsets: of each of the passage's pieces, in characters of the passage.
    """

    ids: list[int]
    segment_start: int
    passage_start: int
    offsets: Sequence[tuple[int, int]]


def without_padding_or_truncation(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer, set up to neither pad nor truncate; ``tokenise`` truncates."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def tokenise(tokenizer: Tokenizer, texts: Sequence[str], limit: int) -> list[TokenisedText]:
    """The word pieces of each text, without special ones, truncated to ``limit``."""
    return [
        _part(encoding, limit)
        for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)
    ]


def reader_input(
    question: TokenisedText, title: TokenisedText, passage: TokenisedText
) -> ReaderInput:
    """The reader's input: ``[CLS] question [SEP] title [SEP] passage [SEP]``."""
    ids = [_CLS, *question.ids, _SEP]
    segment_start = len(ids)
    ids += [*title.ids, _SEP]
    passage_start = len(ids)
    ids += [*passage.ids, _SEP]
    return ReaderInput(ids, segment_start, passage_start, passage.offsets)


def _part(encoding: Encoding, limit: int) -> TokenisedText:
    return TokenisedText(encoding.ids[:limit], encoding.offsets[:limit])
