"""Where sentences and paragraphs begin and end."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents.article import Span
from retrieval.documents.sentences import paragraphs, sentences


def split(text: str) -> list[str]:
    """The sentences of a text that is one paragraph."""
    (paragraph,) = paragraphs(text)
    return [text[span.start : span.end] for span in sentences(text, paragraph)]


WHOLE = [
    "The first session started at 10.30 a.m. local time (0730GMT).",
    "The U.S. ambassador met Mr. Smith and Dr. Jones in St. Petersburg.",
    "The U.S. Senate voted.",
    "J. R. R. Tolkien and John F. Kennedy never met.",
    "Acme Inc. Chairman Bob Ray resigned.",
    "The war began on Feb. 24 in the east.",
    "He was No. 5 on the list.",
    "It cost 3.5 million and rose 0.7 per cent.",
    "See quoth.example.org for more.",
    '"What now?" asked the mayor.',
    "Wait... what did he say?",
    "He hesitated… then he left.",
    "Some, e.g. Berlin, disagreed, i.e. voted against.",
    "Gen. Lee vs. Gen. Grant was the fight.",
]


@pytest.mark.parametrize("text", WHOLE)
def test_one_sentence_stays_whole(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize("text", WHOLE)
def test_one_sentence_ends_before_the_next(text: str) -> None:
    assert split(f"{text} The end came.") == [text, "The end came."]


SEVERAL = [
    ["It was late.", "They left."],
    ["Is it over?", "Yes!", "It is."],
    ["He lives in the U.S.", "The rest stayed."],
    ["It opened at 10 a.m.", "The doors closed at noon."],
    ["She works for Acme Inc.", "It makes anvils."],
    ["He said no.", "The talks ended."],
    ['"It is over."', '"It is not."'],
    ["“We will not go.”", "He sat down."],
    ["(It rained.)", "They played on."],
    ["The war began in Feb.", "It has not ended."],
    ["It was as cold as I.", "The others froze."],
    ["Prices rose 5%.", "2022 was worse."],
    ["「もう終わった。」", "彼は言った。", "雨が降る！"],
    ["会谈开始了。", "谁来了？", "没有人。"],
]


@pytest.mark.parametrize("parts", SEVERAL)
def test_sentences_are_told_apart(parts: list[str]) -> None:
    joiner = "" if parts[0][0] in "「会" else " "
    assert split(joiner.join(parts)) == parts


def test_list_items_and_headings_start_sentences() -> None:
    items = [
        "Needed:",
        "- bread",
        "- salt, 5 g.",
        "* milk",
        "1. Stir",
        "2) Bake",
        "## Then",
        "rest",
    ]
    assert split("\n".join(items)) == [*items[:-2], "## Then\nrest"]


def test_a_line_end_alone_ends_no_sentence() -> None:
    assert split("The talks\nbegan. The war\nwent on.") == [
        "The talks\nbegan.",
        "The war\nwent on.",
    ]


def test_a_number_belongs_to_what_it_numbers() -> None:
    assert split("1. The first item.") == ["1. The first item."]
    assert split("1. One.\n2. Two.\n3. Three.") == ["1. One.", "2. Two.", "3. Three."]


def test_a_year_that_begins_a_line_ends_its_sentence() -> None:
    assert split("She was born in\n1990. The war began.") == [
        "She was born in\n1990.",
        "The war began.",
    ]


@pytest.mark.parametrize(
    "gap",
    ["\n\n", "\n \n", "\n\t \n", "\n\n\n\n", "  \n\n  ", "\n\u00a0\n", "\u2029", " \u2029\n",
     "\n\u3000\n\u3000", "\n\x0b\n"],
)  # fmt: skip
def test_every_kind_of_blank_line_ends_a_paragraph(gap: str) -> None:
    text = f"{gap}One here{gap}Two there{gap}"
    found = [text[span.start : span.end] for span in paragraphs(text)]
    assert found == ["One here", "Two there"]


@pytest.mark.parametrize("gap", ["\n", " ", "  ", "\n  ", "\t", "\u00a0"])
def test_other_space_ends_none(gap: str) -> None:
    assert paragraphs(f"One{gap}two") == [Span(0, len(gap) + 6)]


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "\u2029", "\u00a0\n\u3000\n"])
def test_nothing_is_no_paragraph(text: str) -> None:
    assert paragraphs(text) == []


ODD = st.text(
    st.one_of(
        st.sampled_from(
            list("aAbI1.!?…\"'”’»)]（）。」 \n\t\u2029\u2028\u00a0\x85\x1c-*#談é\u0301😀")
        ),
        st.characters(),
    )
)
PIECES = st.lists(
    st.sampled_from([
        "Mr. ", "U.S. ", "a.m. ", "The ", "No. ", "5 ", "Inc. ", "\n\n", "\n- ", '." ', "... ",
        "x. ", "I. ", "。", "?! ", "word ", "\n1. ", "J. ",
    ])
).map("".join)  # fmt: skip


GAP = re.compile(r"\s{2,}|\u2029")


def said_plainly(text: str) -> list[str]:
    """The paragraphs: what is between white space with two line ends or a separator in it."""
    found, start = [], 0
    for gap in GAP.finditer(text):
        if gap.group().count("\n") > 1 or "\u2029" in gap.group():
            found.append(text[start : gap.start()])
            start = gap.end()
    return [piece.strip() for piece in [*found, text[start:]] if piece.strip()]


@given(
    st.text(st.sampled_from("ab \n\n\t\u2029\u2028\x1c\u00a0"), max_size=60),
    st.integers(1, 9),
)
def test_paragraphs_are_the_same_however_far_is_looked_at_once(text: str, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("retrieval.documents.sentences._STEP", step)
        found = paragraphs(text)
    assert [text[span.start : span.end] for span in found] == said_plainly(text)


@given(st.one_of(ODD, PIECES))
def test_every_character_is_in_one_sentence_of_one_paragraph(text: str) -> None:
    last = 0
    covered = []
    for paragraph in paragraphs(text):
        assert last <= paragraph.start < paragraph.end
        last = paragraph.end
        at = paragraph.start
        for sentence in sentences(text, paragraph):
            assert at <= sentence.start < sentence.end <= paragraph.end
            words = text[sentence.start : sentence.end]
            assert words == words.strip()
            at = sentence.end
            covered.append(words)
    assert "".join("".join(covered).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "unit",
    [".", " ", "\n", '"', "A. ", "a", "談", ". ", '." ', ".)", "Mr. A ", "\n- ", "1. ", "\t\n",
     "\u2029", "…", "! ", "x.", "'", "No. 5 ", "\n ", "。", "\u3000", "-"],
)  # fmt: skip
def test_no_text_takes_for_ever(unit: str) -> None:
    """Time in proportion to the length: a rule that starts anew inside a run takes hours."""
    run = unit * (100_000 // len(unit))
    began = time.process_time()
    for text in (run, f"\n{run}x", f"Once {run} b. The end"):
        for paragraph in paragraphs(text):
            sentences(text, paragraph)
    assert time.process_time() - began < 5
