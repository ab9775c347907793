"""The trained reader: what it is given, and what it may say of it, whatever its weights are."""

import hashlib
import math
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from retrieval.documents.passages import MAX_CHARACTERS
from retrieval.errors import EncoderError
from retrieval.models.encoder.loader import DEFAULT_MODEL, local_folder
from retrieval.models.reader import Reader, ReaderOutput, model
from retrieval.models.reader.word_pieces import (
    MAX_PASSAGE_PIECES,
    MAX_QUESTION_PIECES,
    MAX_TITLE_PIECES,
    TokenisedText,
    reader_input,
    tokenise,
    without_padding_or_truncation,
)
from tests.support.articles import reader

NO_HURRY = math.inf
HOSTILE = st.one_of(
    st.characters(codec="utf-8"),
    st.sampled_from(list("aé\u0301\u0323İß한談😀\u200d\u202e\u00ad\x00\x1f\t\n \u2029ﬁﷺ.,-'")),
)
TEXT = st.text(HOSTILE, max_size=MAX_CHARACTERS)
TITLE = st.text(HOSTILE, max_size=40)


@cache
def cutter() -> Tokenizer:
    return without_padding_or_truncation(
        Tokenizer.from_file(f"{local_folder(DEFAULT_MODEL)}/tokenizer.json")
    )


def cut(text: str, limit: int) -> TokenisedText:
    (part,) = tokenise(cutter(), [text], limit)
    return part


def marked(words: str, reading: ReaderOutput) -> str | None:
    return words[reading.answer.start : reading.answer.end] if reading.answer else None


# What it is given


@given(st.text(HOSTILE, max_size=30), st.text(HOSTILE, max_size=30), st.text(HOSTILE, max_size=60))
def test_the_question_comes_first_then_the_title_then_the_words(
    question: str, title: str, words: str
) -> None:
    """Put together as the tokenizer itself does with each: ``[CLS] text [SEP]``."""
    asked, named, said = (cutter().encode(text).ids for text in (question, title, words))
    made = reader_input(cut(question, 1000), cut(title, 1000), cut(words, 1000))
    assert made.ids == asked + named[1:] + said[1:]
    assert made.segment_start == len(asked)
    assert made.passage_start == len(asked) + len(named) - 1
    assert len(made.offsets) == len(said) - 2


@given(TEXT)
def test_each_piece_is_of_the_characters_that_its_offsets_give(text: str) -> None:
    part = cut(text, 1000)
    assert len(part.ids) == len(part.offsets)
    last = (0, 0)
    for number, (start, end) in zip(part.ids, part.offsets, strict=True):
        assert 0 <= start < end <= len(text)
        assert last[0] <= start and last[1] <= end
        last = (start, end)
        piece = str(cutter().id_to_token(number)).removeprefix("##")
        if piece != "[UNK]":
            assert piece in cutter().normalizer.normalize_str(text[start:end])


@given(st.text("abcXYZ 0.,\n'é談"))
def test_the_pieces_are_all_of_a_plain_text(text: str) -> None:
    said = [text[start:end] for start, end in cut(text, 1000).offsets]
    assert "".join(said) == "".join(text.split())


@given(TEXT, st.integers(0, 60))
def test_a_text_that_is_too_long_is_cut_off(text: str, limit: int) -> None:
    whole, part = cut(text, 1000), cut(text, limit)
    assert len(part.ids) == len(part.offsets) == min(limit, len(whole.ids))
    assert (list(part.ids), list(part.offsets)) == (whole.ids[:limit], whole.offsets[:limit])


def test_the_longest_of_all_is_no_longer_than_the_model_can_take() -> None:
    assert (
        MAX_QUESTION_PIECES + MAX_TITLE_PIECES + MAX_PASSAGE_PIECES + len(("[CLS]", *["[SEP]"] * 3))
        <= 512
    )
    long = "Where were the talks held? " * 100
    (reading,) = reader().read(long, [(long, long)], NO_HURRY)
    assert reading.answer and reading.answer.end <= cut(long, MAX_PASSAGE_PIECES).offsets[-1][1]


# What it says


@settings(max_examples=30)
@given(TEXT, st.lists(st.tuples(TITLE, TEXT), max_size=10))
def test_an_answer_is_words_of_its_passage(question: str, passages: list[tuple[str, str]]) -> None:
    readings = reader().read(question, passages, NO_HURRY)
    for (_, words), reading in zip(passages, readings, strict=True):
        assert math.isfinite(reading.relevance) and math.isfinite(reading.margin)
        if reading.answer is None:
            assert not cut(words, 1).ids, "there were words to mark"
        else:
            assert 0 <= reading.answer.start < reading.answer.end <= len(words)
            assert str(marked(words, reading)).strip()


@pytest.mark.parametrize(
    "words",
    ["😀🎉 😀", "談判代表團由安娜率領。", "\u202eanna", "a\x00b\x1fc", "x" * 320, "é\u0301" * 160,
     "談" * 320, "👩\u200d👩\u200d👧" * 64, "...", "7", "The delegation. " * 20],
)  # fmt: skip
@pytest.mark.parametrize("title", ["", "Talks", "談", "\x00", "T" * 1000])
def test_whatever_the_words_are_some_can_be_marked(title: str, words: str) -> None:
    (reading,) = reader().read("Who headed it?", [(title, words)], NO_HURRY)
    assert str(marked(words, reading)).strip()


@pytest.mark.parametrize("words", ["", " ", "\n\t", "\x00", "\u200b\u202e", "\u0301"])
def test_where_there_are_no_words_none_are_marked(words: str) -> None:
    one, other = reader().read("Who?", [("T", words), ("T", "Anna came.")], NO_HURRY)
    assert one.answer is None and other.answer is not None
    assert one.margin < other.margin


def test_nothing_to_read_is_nothing_read() -> None:
    assert reader().read("Who?", [], NO_HURRY) == []


QUESTION = "Who headed the delegation?"
NAMES = (
    "Anna Boris Carla Dmitri Elena Fritz Greta Hans Irina Jonas Klara Lukas Maria Nils Olga".split()
)
PASSAGES = [("Talks", f"The delegation was headed by {name} Berzin.") for name in NAMES]
UNRELATED = ("Weather", "The river rose by 3.5 m overnight; schools stayed closed on Monday.")


def test_the_readings_are_in_the_order_of_the_passages() -> None:
    passages = [*PASSAGES[:5], UNRELATED, *PASSAGES[5:]]
    readings = reader().read(QUESTION, passages, NO_HURRY)
    said = [marked(words, each) for (_, words), each in zip(passages, readings, strict=True)]
    assert said[:5] + said[6:] == [f"{name} Berzin" for name in NAMES]
    assert min(range(len(readings)), key=lambda n: readings[n].relevance) == 5


def test_company_changes_little() -> None:
    """Activations are quantised over a whole batch, so that it changes something."""
    passages = [
        *PASSAGES[:2],
        UNRELATED,
        ("Talks", ""),
        ("", "談判代表團由安娜率領。"),
        ("Talks", "The delegation arrived at noon. " * 10),
        ("High water", "Nobody headed the delegation."),
    ]
    together = reader().read(QUESTION, passages, NO_HURRY)
    alone = [reader().read(QUESTION, [passage], NO_HURRY)[0] for passage in passages]
    one, other = (np.array([each.relevance for each in read]) for read in (together, alone))
    assert np.corrcoef(one, other)[0, 1] > 0.99
    assert np.abs(one - other).max() < np.ptp(other) / 5
    for (_, words), read, by_itself in zip(passages[:2], together, alone, strict=False):
        assert marked(words, read) == marked(words, by_itself)


def test_the_title_says_what_the_words_are_about() -> None:
    words = "He was elected in 2019."
    titles = ["How to bake bread", "Mayor of Riga", "Football"]
    readings = reader().read(
        "When was the mayor of Riga elected?", [(title, words) for title in titles], NO_HURRY
    )
    assert max(range(3), key=lambda n: readings[n].relevance) == 1


@pytest.mark.parametrize(
    ("question", "words", "answer"),
    [
        (QUESTION, "The delegation was headed by Anna Berzina.", "Anna Berzina"),
        ("Where were the talks held?", "The talks were held in Istanbul on Tuesday.", "Istanbul"),
        ("How far did the river rise?", "Overnight the river rose by 3.5 m.", "3.5 m"),
        ("When did the war end?", "The war ended in 1945, after six years.", "1945"),
    ],
)
def test_plain_truths(question: str, words: str, answer: str) -> None:
    unrelated = ("Cooking", "Bread is baked from flour, water and salt.")
    good, bad = reader().read(question, [("Title", words), unrelated], NO_HURRY)
    assert answer in str(marked(words, good))
    assert good.relevance > bad.relevance
    assert good.margin > 0 > bad.margin


# How long it reads


@pytest.mark.parametrize(
    ("deadline", "read"),
    [(-math.inf, range(8, 9)), (2.9, range(8, 12)), (math.inf, range(15, 16))],
)
def test_it_reads_on_until_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, deadline: float, read: range
) -> None:
    """By a clock that each look puts a second forward; threads look in any order."""
    ticks = iter(range(100))
    clock = SimpleNamespace(perf_counter=lambda: float(next(ticks)))
    monkeypatch.setattr(model, "time", clock)
    readings = reader().read(QUESTION, PASSAGES, deadline)
    assert len(readings) in read
    assert readings == reader().read(QUESTION, PASSAGES[: len(readings)], NO_HURRY)


# Its files


def test_a_model_that_is_missing_or_broken_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "reader.onnx"
    for content in (
        None,
        b"",
        b"no model",
        (model.MODEL_FOLDER / "reader.onnx").read_bytes()[:1000],
    ):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(EncoderError) as error:
            Reader(tmp_path)
        assert len(str(error.value).splitlines()) == 1
        assert str(path) in str(error.value)


def test_the_model_is_the_one_whose_hash_is_beside_it() -> None:
    digest, name = (model.MODEL_FOLDER / "reader.onnx.sha256").read_text(encoding="utf-8").split()
    assert name == "reader.onnx"
    assert hashlib.sha256((model.MODEL_FOLDER / name).read_bytes()).hexdigest() == digest
