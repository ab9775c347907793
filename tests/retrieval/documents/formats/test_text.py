"""Plain text."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.documents.article import Article, normalise_newlines
from retrieval.documents.formats import read_file

Read = Callable[[str, str | bytes], Article]
Problem = Callable[[str, str | bytes], str]


@pytest.mark.parametrize(
    "first", ["date 2022-03-29 A title", " date 2022-03-29  A title ", "DATE\t2022-03-29 A\ttitle"]
)
def test_the_first_line_gives_date_and_title(article: Read, first: str) -> None:
    result = article("a.txt", f"{first}\n\nText.\n")
    assert (result.title, result.date) == ("A title", datetime.date(2022, 3, 29))
    assert (result.text, result.source, result.url) == ("Text.", None, None)


@pytest.mark.parametrize(
    "first", ["A title", "Date with destiny", "date", "Date 7 of the trip", "Dates 2022-03-29 x"]
)
def test_the_first_line_is_just_a_title(article: Read, first: str) -> None:
    result = article("a.txt", f"{first}\n\nText.\n")
    assert (result.title, result.date, result.text) == (first, None, "Text.")


@pytest.mark.parametrize(
    "day", ["2022-13-45", "2022-02-30", "2022-3-9", "22-03-29", "2022-03", "2022/03/29", "9.3.2022"]
)
def test_what_should_be_a_date_but_is_none(problem: Problem, day: str) -> None:
    assert (
        problem("a.txt", f"date {day} A title\n\nText.")
        == f"a.txt:1: not a date: '{day}'; write YYYY-MM-DD"
    )


def test_a_date_without_a_title(problem: Problem) -> None:
    assert problem("a.txt", "date 2022-03-29\n\nText.").startswith("a.txt:1: has a date but no")


def test_the_blank_line_after_the_title_is_optional(article: Read) -> None:
    assert article("a.txt", "Title\nText.").text == "Text."


def test_blank_lines_before_the_title_are_passed_over(article: Read, problem: Problem) -> None:
    assert article("a.txt", "\n \nTitle\n\nText.").title == "Title"
    assert problem("b.txt", "\n \ndate 2022-99-99 T\n\nText.").startswith("b.txt:3: not a date")


def test_the_text_keeps_every_character_between_the_blank_lines_around_it(article: Read) -> None:
    result = article("a.txt", "Title\n\n \t\n  Two  spaces. \n\n\n\tCafe\u0301\x0b\u2028 \n\n \n")
    assert result.text == "  Two  spaces. \n\n\n\tCafe\u0301\x0b\u2028 "


def test_line_ends_become_newlines(article: Read) -> None:
    result = article("a.txt", b"\xef\xbb\xbfTitle\r\n\r\nOne.\r\n\r\nTwo.\rThree.\r\n")
    assert (result.title, result.text) == ("Title", "One.\n\nTwo.\nThree.")


@pytest.mark.parametrize("content", ["Title", "Title\n", "date 2022-03-29 Title\n\n \n"])
def test_a_title_without_text(problem: Problem, content: str) -> None:
    assert problem("a.txt", content) == "a.txt: has a title but no text"


def test_a_first_line_that_is_no_title(article: Read, problem: Problem) -> None:
    assert article("a.txt", "x" * 1_000 + "\n\nText.").title == "x" * 1_000
    assert (
        problem("a.txt", "x" * 1_001 + "\n\nText.")
        == "a.txt:1: the first line has 1,001 characters; it should be a title"
    )
    assert problem("a.txt", "\x01\n\nText.") == "a.txt:1: has no title; give it one"


def test_long_runs_of_blank_lines_take_no_time(article: Read) -> None:
    gap = " \n" * 2_000_000  # minutes, were it quadratic
    assert article("a.txt", f"Title\n{gap}One.{gap}Two.{gap}").text == f"One.{gap}Two. "


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
        lambda text: text.strip() != ""
    ),
    blank=st.text(" \t\n", max_size=5).map(lambda space: "".join(f"{c}\n" for c in space)),
)
def test_any_text_comes_back_without_the_blank_lines_around_it(
    tmp_path: Path, text: str, blank: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"Title\n{blank}{text}\n{blank}".encode())
    (result,) = read_file(path, tmp_path)
    assert isinstance(result, Article)
    lines = normalise_newlines(text).split("\n")
    while not lines[0].strip():
        del lines[0]
    while not lines[-1].strip():
        del lines[-1]
    assert result.text == "\n".join(lines)
