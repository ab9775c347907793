"""Examples as the word pieces that are trained on."""

import random
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from retrieval.models.encoder.loader import DEFAULT_MODEL, local_folder
from retrieval.models.reader import word_pieces
from training.batches import NEGATIVE, PERTURBED, POSITIVE, Row, RowBuilder, length_buckets, padded
from training.examples import Examples, TrainingPassage, TrainingQuestion


@cache
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(f"{local_folder(DEFAULT_MODEL)}/tokenizer.json")


def builder_of(texts: list[str], wrong: int = 1, changed: float = 0.0) -> RowBuilder:
    """A builder for paragraphs of one article."""
    examples = Examples(texts, ["The title"] * len(texts), [0] * len(texts), [], [])
    return RowBuilder(examples, tokenizer(), {}, wrong, changed)


def rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - not a secret


def whole(texts: list[str], paragraph: int) -> TrainingPassage:
    return TrainingPassage(paragraph, 0, len(texts[paragraph]))


def cut(text: str, limit: int = 1000) -> word_pieces.TokenisedText:
    return word_pieces.tokenise(
        word_pieces.without_padding_or_truncation(tokenizer()), [text], limit
    )[0]


def right_row(text: str, *answers: tuple[int, int], start: int = 0) -> Row:
    """The row of a question with the passage that goes from ``start`` to the text's end."""
    question = TrainingQuestion("Who came?", TrainingPassage(0, start, len(text)), answers, ())
    (row,) = builder_of([text]).all_rows(question, 0)
    return row


PLAIN = st.lists(
    st.sampled_from(["Anna", "unbelievably", "3.5", "—", "談判", "(so", "it)", "é\u0301cole", "."]),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)
@given(PLAIN, st.data())
def test_an_answers_pieces_are_its_characters(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    before, answer = " ".join(["", *words[:first]]), " ".join(words[first : last + 1])
    text = f"cut off{before} {answer} {' '.join(words[last + 1 :])}"
    at = len(before) + 1
    row = right_row(text, (at, at + len(answer)), start=len("cut off"))
    assert row.kind == POSITIVE
    offsets = cut(text.removeprefix("cut off")).offsets
    (start,), (end,) = row.starts, row.ends
    marked = text[
        7 + offsets[start - row.passage_start][0] : 7 + offsets[end - row.passage_start][1]
    ]
    assert marked == answer


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300), st.data())
def test_a_place_in_any_text_is_covered_or_given_up(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    row = right_row(text, (start, end))
    offsets = cut(text, len(row.ids) - row.passage_start - 1).offsets
    if row.kind == NEGATIVE:
        assert (*row.starts, *row.ends) == ()
        assert not any(a < end <= b for a, b in offsets), "its end is not there"
        return
    (first,), (last,) = row.starts, row.ends
    assert row.passage_start <= first <= last < len(row.ids) - 1
    inside = offsets[first - row.passage_start : last - row.passage_start + 1]
    assert all(a < end and b > start for a, b in inside), "each has some of the answer"
    assert inside[-1][1] >= end
    outside = [*offsets[: first - row.passage_start], *offsets[last - row.passage_start + 1 :]]
    assert not any(a < end and b > start for a, b in outside)


def test_an_answer_that_is_cut_off_is_none() -> None:
    text = "word " * 111 + "Anna came."
    at = text.index("Anna")
    assert right_row(text, (at, at + 4)).kind == POSITIVE
    assert right_row(text, (at, at + 9)).kind == NEGATIVE
    assert right_row(text, (0, 4), (at, at + 9)).starts == [right_row(text, (0, 4)).passage_start]


def test_each_place_of_an_answer_is_learnt() -> None:
    text = "Anna saw Anna."
    row = right_row(text, (0, 4), (9, 13))
    assert list(row.starts) == list(row.ends) == [row.passage_start, row.passage_start + 2]


TEXTS = [
    "Anna came to Riga in 1990.",
    *(f"Text number {n} says nothing." for n in range(6)),
]
QUESTION = TrainingQuestion(
    "When did Anna come to Riga?",
    whole(TEXTS, 0),
    ((21, 25),),
    tuple(whole(TEXTS, n) for n in range(1, 7)),
)


def said(row: Row) -> str:
    """The passage of a row, as its pieces say it."""
    return str(tokenizer().decode(row.ids[row.passage_start : -1]))


def test_a_row_is_what_the_reader_would_be_given() -> None:
    rows = builder_of(TEXTS).all_rows(QUESTION, 5)
    assert [row.kind for row in rows] == [POSITIVE] + [NEGATIVE] * 6
    assert {row.group for row in rows} == {5}
    for row, text in zip(rows, TEXTS, strict=True):
        made = word_pieces.reader_input(cut(QUESTION.text), cut("The title"), cut(text))
        assert (row.ids, row.segment_start, row.passage_start) == (
            made.ids,
            made.segment_start,
            made.passage_start,
        )
        assert bool(row.starts) == (row.kind == POSITIVE)


@pytest.mark.parametrize("wrong", [0, 1, 3, 6, 9])
@pytest.mark.parametrize("changed", [0.0, 1.0])
def test_the_rows_of_a_question(wrong: int, changed: float) -> None:
    builder = builder_of(TEXTS, wrong, changed)
    for seed in range(20):
        rows = builder.rows(QUESTION, 2, rng(seed))
        assert rows == builder.rows(QUESTION, 2, rng(seed)), "the seed decides"
        kinds = [POSITIVE, *[NEGATIVE] * min(wrong, 6), *[PERTURBED] * int(changed)]
        assert [row.kind for row in rows] == kinds
        told = [said(row) for row in rows if row.kind == NEGATIVE]
        assert len(set(told)) == len(told)
        for row in rows:
            assert row.group == 2
            assert (said(row) == said(rows[0])) == (row.kind != NEGATIVE)
            assert bool(row.starts) == bool(row.ends) == (row.kind == POSITIVE)
            if row.kind == PERTURBED:
                assert row.ids[: row.segment_start] != rows[0].ids[: rows[0].segment_start]


def test_questions_are_typed_as_people_type() -> None:
    builder = builder_of(TEXTS)
    rows = [builder.rows(QUESTION, 0, rng(seed))[0] for seed in range(300)]
    typed = {tokenizer().decode(row.ids[1 : row.segment_start - 1]) for row in rows}
    assert {"when did anna come to riga?", "when did anna come to riga", "anna come riga"} <= typed
    assert 10 < len(typed) < 100, "and with slips of the finger"
    short = TrainingQuestion("Who was it?", whole(TEXTS, 0), ((0, 4),), ())
    assert all(builder.rows(short, 0, rng(seed))[0].segment_start > 3 for seed in range(100))


def test_the_most_tempting_are_chosen_most_often() -> None:
    builder = builder_of(TEXTS)
    chosen = [said(builder.rows(QUESTION, 0, rng(seed))[1]) for seed in range(600)]
    counts = [sum(f"number {n} " in text for text in chosen) for n in range(6)]
    assert sum(counts) == 600 and min(counts) > 0
    assert sum(counts[:2]) > sum(counts[4:])


LENGTHS = st.lists(st.integers(4, 30), min_size=1, max_size=20)


def row_of(length: int, number: int = 0) -> Row:
    return Row([number + 7] * length, segment_start=2, passage_start=3, kind=NEGATIVE, group=number)


@settings(deadline=None)
@given(LENGTHS)
def test_padding_is_masked_and_of_no_segment(lengths: list[int]) -> None:
    rows = [row_of(length, n) for n, length in enumerate(lengths)]
    made = padded(rows)
    for tensor in (made.ids, made.segments, made.mask):
        assert tensor.shape == (len(rows), max(lengths))
    assert made.mask.dtype == torch.bool and made.ids.dtype == torch.int64
    for n, row in enumerate(rows):
        padding = [0] * (max(lengths) - len(row.ids))
        assert made.ids[n].tolist() == [*row.ids, *padding]
        assert made.mask[n].tolist() == [True] * len(row.ids) + [False] * len(padding)
        assert made.segments[n].tolist() == [0, 0, *[1] * (len(row.ids) - 2), *padding]


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 10))
def test_no_row_is_lost_when_they_are_put_together_by_length(
    lengths: list[int], parts: int
) -> None:
    rows = [row_of(length, n) for n, length in enumerate(lengths)]
    found = list(length_buckets(rows, parts))
    flat = [row for part in found for row in part]
    assert sorted(row.group for row in flat) == list(range(len(rows)))
    assert [len(row.ids) for row in flat] == sorted(lengths)
    sizes = [len(part) for part in found]
    assert len(found) == min(parts, len(rows)) and max(sizes) - min(sizes) <= 1
