"""The reader: reads a question and a passage together.

It says how well the passage answers the question, and which of its words are the answer. It was
trained by ``training/``; its card, ``retrieval/models/reader/README.md``, says on what and how
well.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval.documents.article import Span
from retrieval.errors import EncoderError
from retrieval.models.encoder.loader import DEFAULT_MODEL, local_folder
from retrieval.models.onnx_session import map_in_threads, open_session
from retrieval.models.reader import word_pieces
from retrieval.models.reader.word_pieces import ReaderInput

MODEL_FOLDER = Path(__file__).parent
"""The folder of the trained model, its weights and its card."""

READER_FILE = "reader.onnx"

_MIN_PASSAGES = 8  # read whatever time it takes
_MAX_ANSWER_PIECES = 30


@dataclass(frozen=True, slots=True)
class ReaderOutput:
    """The reader's output for one passage.

    Attributes:
        relevance: how well it answers, a logit.
        margin: how much better its best span is than "no answer here", a logit.
        answer: that span, in characters of the passage; None where there is none to be had.
    """

    relevance: float
    margin: float
    answer: Span | None


UNREAD = ReaderOutput(relevance=-20.0, margin=-20.0, answer=None)
"""The output for a passage that the reader did not read."""


class Reader:
    """The trained reader, run by onnxruntime. Not for two threads at once.

    Args:
        tokenizer: gives that of the packaged encoder where it is loaded already, or None: this
            model was trained from that one, and shares its word pieces. It may cut texts off
            after as many as are read of a passage. Called once the model is loaded.

    Raises:
        EncoderError: the model cannot be loaded.
    """

    def __init__(
        self,
        folder: Path = MODEL_FOLDER,
        tokenizer: Callable[[], Tokenizer | None] = lambda: None,
    ) -> None:
        path = folder / READER_FILE
        packaged = local_folder(DEFAULT_MODEL)
        try:
            self._session = open_session(path)
            self._tokenizer = tokenizer() or word_pieces.without_padding_or_truncation(
                Tokenizer.from_file(f"{packaged}/tokenizer.json")
            )
        except Exception as error:
            raise EncoderError(
                f"{path}: the reader could not be loaded; install quoth again"
            ) from error

    def read(
        self, question: str, passages: Sequence[tuple[str, str]], deadline: float
    ) -> list[ReaderOutput]:
        """Read passages, in their order, for as long as there is time.

        Args:
            passages: the title of each one's article, and its words.
            deadline: by ``time.perf_counter``; what would not be read by then is left out. The
                first few are always read.

        Returns:
            The output for each of the first passages, at least for the first few.
        """
        (asked,) = word_pieces.tokenise(
            self._tokenizer, [question], word_pieces.MAX_QUESTION_PIECES
        )
        titles = sorted({title for title, _ in passages})
        cut = word_pieces.tokenise(self._tokenizer, titles, word_pieces.MAX_TITLE_PIECES)
        title_parts = dict(zip(titles, cut, strict=True))
        words = word_pieces.tokenise(
            self._tokenizer, [words for _, words in passages], word_pieces.MAX_PASSAGE_PIECES
        )
        rows = [
            word_pieces.reader_input(asked, title_parts[title], part)
            for (title, _), part in zip(passages, words, strict=True)
        ]

        def in_time(number: int) -> ReaderOutput | None:
            if number >= _MIN_PASSAGES and time.perf_counter() > deadline:
                return None
            return self._read_one(rows[number])

        readings = []
        for reading in map_in_threads(in_time, range(len(rows))):
            if reading is None:
                break
            readings.append(reading)
        return readings

    def _read_one(self, row: ReaderInput) -> ReaderOutput:
        ids = np.array([row.ids], dtype=np.int64)
        segments = np.zeros_like(ids)
        segments[0, row.segment_start :] = 1
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": segments,
        }
        relevance, span = self._session.run(["relevance", "span"], inputs)
        return _output(float(relevance[0, 0]), span[0], row)


def _output(relevance: float, span: NDArray[np.float32], row: ReaderInput) -> ReaderOutput:
    last = row.passage_start + len(row.offsets)
    if last == row.passage_start:  # nothing that the model knows as words
        return replace(UNREAD, relevance=relevance)
    pairs = span[row.passage_start : last, 0, None] + span[None, row.passage_start : last, 1]
    pairs = np.where(
        np.tri(len(pairs), k=_MAX_ANSWER_PIECES - 1) - np.tri(len(pairs), k=-1), pairs, -np.inf
    )
    first, final = divmod(int(pairs.argmax()), len(pairs))
    answer = Span(row.offsets[first][0], row.offsets[final][1])
    return ReaderOutput(relevance, float(pairs[first, final] - span[0].sum()), answer)
