"""Labelled questions: JSON lines, one question with its accepted answers a line."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retrieval.answering.conversation import Turn, parse_history
from retrieval.answering.question import validated_question
from retrieval.documents.formats.decoding import read_failure
from retrieval.documents.formats.files import printable
from retrieval.documents.formats.jsonl_objects import read_jsonl_objects
from retrieval.errors import QuestionError, ReadingError
from retrieval.evaluation.metrics import normalise_answer

_TOO_LONG = "longer than 20 MB; write one question a line"


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its labels.

    Attributes:
        answers: the accepted ones; none where the articles do not answer it.
        articles: ids of the articles that do, as far as they are known.
        history: the turns before it, the oldest first.
    """

    text: str
    answers: tuple[str, ...] = ()
    articles: frozenset[str] = frozenset()
    id: str | None = None
    history: tuple[Turn, ...] = ()


def read_questions(path: Path) -> Iterator[LabelledQuestion | ReadingError]:
    """Read a file of questions.

    Each line is ``{"question": str, "answers": [str, …]}``, and may have ``article_ids``,
    ``other_articles_with_answer``, an ``id`` and a ``history`` (``["asked", "answered", …]``);
    other keys are ignored, as are blank lines.

    Args:
        path: the file, which is gzipped where its name ends in ``.gz``.

    Yields:
        A question for each good line and an error for each bad one, in the file's order; an error
        for a file that has none or that cannot be read.
    """
    name = printable(path)
    try:
        file = (gzip.open if path.name.lower().endswith(".gz") else open)(path, "rb")
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        yield ReadingError(name, "no such file" if missing else read_failure(error))
        return
    empty = True
    with file:
        for place, values in read_jsonl_objects(file, name, _TOO_LONG):
            empty = False
            yield values if isinstance(values, ReadingError) else _question(values, place)
    if empty:
        yield ReadingError(name, "empty; write one question a line")


def _question(values: dict[str, object], place: str) -> LabelledQuestion | ReadingError:
    try:
        text, identifier = values.get("question"), values.get("id")
        if not isinstance(text, str):
            raise ReadingError(place, "'question' should be a string")
        if identifier is not None and not isinstance(identifier, str):
            raise ReadingError(place, "'id' should be a string")
        if "answers" not in values:
            raise ReadingError(place, "has no 'answers'; write [] where nothing answers it")
        answers = _strings("answers", values["answers"], place)
        if answers and not any(map(normalise_answer, answers)):
            raise ReadingError(place, "no accepted answer has a word but a, an and the")
        known = {
            article
            for key in ("article_ids", "other_articles_with_answer")
            if values.get(key) is not None
            for article in _strings(key, values[key], place)
        }
        history = parse_history(values["history"]) if values.get("history") is not None else ()
        return LabelledQuestion(
            validated_question(text), answers, frozenset(known), identifier, history
        )
    except ReadingError as error:
        return error
    except QuestionError as error:
        return ReadingError(place, str(error))


def _strings(key: str, value: object, place: str) -> tuple[str, ...]:
    if isinstance(value, list):
        strings = tuple(each for each in value if isinstance(each, str) and each.strip())
        if len(strings) == len(value):
            return strings
    raise ReadingError(place, f"'{key}' should be a list of strings, none of them blank")
