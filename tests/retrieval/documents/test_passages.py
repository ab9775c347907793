"""How an article is cut into what can be found and quoted."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents.article import Article, Span
from retrieval.documents.formats import read_file
from retrieval.documents.passages import MAX_CHARACTERS, encoder_text, split_into_passages
from retrieval.documents.sentences import paragraphs, sentences

SEEDS = Path(__file__).parents[3] / "seeds"


def quoted(text: str) -> list[str]:
    return [text[passage.start : passage.end] for passage in split_into_passages(text)]


def sentence(length: int) -> str:
    """A sentence of so many characters."""
    return "Ab" + " cd" * ((length - 3) // 3) + "e" * ((length - 3) % 3) + "."


WORDS = st.lists(
    st.one_of(
        st.sampled_from(["The ", "talks ", "began. ", "Mr. ", "\n\n", "\n", "; ", ", ", "– "]),
        st.integers(1, 400).map(lambda n: "x" * n),
        st.integers(3, 700).map(lambda n: sentence(n) + " "),
        st.text(max_size=20),
    ),
    max_size=60,
).map("".join)  # fmt: skip


@given(WORDS)
def test_passages_hold_every_character_once_and_are_short(text: str) -> None:
    found = split_into_passages(text)
    last = 0
    for passage in found:
        words = text[passage.start : passage.end]
        assert last <= passage.start < passage.end <= passage.start + MAX_CHARACTERS
        assert words == words.strip()
        last = passage.end
    assert "".join("".join(quoted(text)).split()) == "".join(text.split())


@given(WORDS)
def test_sentences_that_fit_are_never_cut(text: str) -> None:
    found = split_into_passages(text)
    for paragraph in paragraphs(text):
        for span in sentences(text, paragraph):
            if span.end - span.start <= MAX_CHARACTERS:
                assert sum(_holds(p, span) for p in found) == 1


@given(WORDS)
def test_paragraphs_are_joined_only_whole_and_numbered_from_one(text: str) -> None:
    spans = paragraphs(text)
    for passage in split_into_passages(text):
        within = spans[passage.paragraph - 1]
        assert within.start <= passage.start < within.end
        touched = [s for s in spans if s.start < passage.end and s.end > passage.start]
        if len(touched) > 1:
            assert passage.start == touched[0].start
            assert passage.end == touched[-1].end


def _holds(passage: object, span: Span) -> bool:
    start, end = passage.start, passage.end  # type: ignore[attr-defined]
    return bool(start <= span.start and span.end <= end)


def test_a_long_paragraph_is_cut_between_sentences_as_late_as_fits() -> None:
    parts = [sentence(150), sentence(150), sentence(150), sentence(30)]
    assert quoted(" ".join(parts)) == [" ".join(parts[:2]), " ".join(parts[2:])]


@pytest.mark.parametrize(("length", "passages"), [(320, 1), (321, 2)])
def test_the_limit_is_exact(length: int, passages: int) -> None:
    first = sentence(100)
    assert len(quoted(f"{first} {sentence(length - 101)}")) == passages


def test_a_long_sentence_is_cut_at_its_strongest_break() -> None:
    text = f"A {'b ' * 90}c; {'d ' * 40}e, {'f ' * 60}g."
    first, second = quoted(text)
    assert first.endswith("c;")
    assert second.startswith("d d")


def test_a_word_that_never_ends_is_cut_where_it_must_be() -> None:
    assert [len(q) for q in quoted("x" * 1000)] == [320, 320, 320, 40]


def test_short_paragraphs_are_put_together_and_long_ones_are_not() -> None:
    heading, short, long = "A heading", sentence(100), sentence(200) + " " + sentence(200)
    text = f"{heading}\n\n{short}\n\n{long}\n\n{short}"
    found = split_into_passages(text)
    assert [p.paragraph for p in found] == [1, 3, 3, 4]
    assert quoted(text)[0] == f"{heading}\n\n{short}"


@pytest.mark.parametrize("text", ["", " \n\n\t ", "\u2029"])
def test_no_words_no_passage(text: str) -> None:
    assert split_into_passages(text) == []


def test_the_encoder_is_given_a_title_that_ends() -> None:
    assert encoder_text("T" * 1000, "The words.") == "T" * 160 + ". The words."


def test_the_seed_article() -> None:
    (article,) = read_file(next(SEEDS.glob("*istanbul*.txt")), SEEDS)
    assert isinstance(article, Article)
    found = split_into_passages(article.text)
    assert [p.paragraph for p in found] == [1, 4, 6, 7, 8, 9, 11, 12, 13, 15, 16]
    assert found[0].start == 0
    assert found[-1].end == len(article.text.rstrip())
    held = next(q for q in quoted(article.text) if "Dolmabahce" in q)
    assert "started at 10.30 a.m. local time (0730GMT)." in held


def test_a_megabyte_of_one_sentence_is_quick() -> None:
    began = time.perf_counter()
    split_into_passages("and so on, " * 100_000)
    assert time.perf_counter() - began < 10
