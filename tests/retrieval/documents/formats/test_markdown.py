"""Markdown with front matter."""

import datetime
import time
from collections.abc import Callable

import pytest
import yaml

from retrieval.documents.article import Article
from retrieval.documents.formats import markdown

Read = Callable[[str, str | bytes], Article]
Problem = Callable[[str, str | bytes], str]


@pytest.fixture(autouse=True, params=["CBaseLoader", "BaseLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read with libyaml and, as where it was not built, without."""
    monkeypatch.setattr(markdown, "_LOADER", getattr(yaml, request.param))


def test_front_matter_says_what_the_article_is(article: Read) -> None:
    result = article(
        "notes/a.md",
        "---\nid: talks\ntitle: 'Talks: day 1'\ndate: 2022-03-29\nsource: The Paper\n"
        "url: https://paper.example/talks\ntags: [peace, {deep: [er]}]\ndraft: no\n---\n\n"
        "Some *text*.\n",
    )
    assert result == Article(
        id="talks",
        title="Talks: day 1",
        date=datetime.date(2022, 3, 29),
        source="The Paper",
        url="https://paper.example/talks",
        text="Some *text*.",
    )


@pytest.mark.parametrize(
    "date", ["2022-03-29", "'2022-03-29'", "2022-03-29T10:00:00Z", "2022-03-29 10:00:00"]
)
def test_dates_as_yaml_writes_them(article: Read, date: str) -> None:
    assert article("a.md", f"---\ndate: {date}\n---\nText.").date == datetime.date(2022, 3, 29)


@pytest.mark.parametrize("date", ["", "~", "null", "''"])
def test_no_date(article: Read, date: str) -> None:
    assert article("a.md", f"---\ndate: {date}\n---\nText.").date is None


@pytest.mark.parametrize("value", ["2022", "007", "12:30", "yes", "1.50", "0x1F"])
def test_scalars_are_the_strings_that_were_written(article: Read, value: str) -> None:
    result = article("a.md", f"---\nid: {value}\ntitle: {value}\n---\nText.")
    assert (result.id, result.title) == (value, value)


def test_quotes_make_words_of_null(article: Read) -> None:
    result = article("a.md", "---\nid: null\ntitle: 'null'\n---\nText.")
    assert (result.id, result.title) == ("a", "null")


def test_the_text_is_the_markdown_to_the_character(article: Read) -> None:
    body = "  Some **text**  \nwith [a link](x).\n\n\n> é &amp; \\* <b>\n\n---\n\n| a |\n|---|"
    assert article("a.md", f"---\ntitle: T\n---\n\n{body}\n\n").text == body
    assert article("a.md", body).text == body


def test_a_heading_at_the_start_is_the_title_and_not_the_text(article: Read) -> None:
    for heading in ("# A title", "#\tA title #", "   #  A  title ##  "):
        result = article("a.md", f"\n{heading}\n\nText.\n\n# Another\n")
        assert (result.title, result.text) == ("A title", "Text.\n\n# Another")
    assert article("a.md", "# In C# and F#\nText.").title == "In C# and F#"


def test_a_heading_that_repeats_the_front_matters_title_is_not_the_text(article: Read) -> None:
    assert article("a.md", "---\ntitle: T\n---\n# T\n\nText.").text == "Text."
    assert article("a.md", "---\ntitle: T\n---\n# U\n\nText.").text == "# U\n\nText."


def test_a_heading_further_on_is_the_title_and_stays(article: Read) -> None:
    body = (
        "Text.\n\n```sh\n# comment\n~~~\n# too\n```\n    # code\n## Two\n#tag\n# A title\n\nMore."
    )
    result = article("a.md", body)
    assert (result.title, result.text) == ("A title", body)


def test_without_a_heading_the_files_name_is_the_title(article: Read) -> None:
    result = article("notes/some-day.md", "Text.\n")
    assert (result.title, result.id) == ("some-day", "notes/some-day")


@pytest.mark.parametrize("content", ["---\ntitle: T\n---\n", "# T\n", "---\n---\n# T\n\n \n"])
def test_no_text(problem: Problem, content: str) -> None:
    assert problem("a.md", content) == "a.md: has a title but no text"


@pytest.mark.parametrize(
    ("front_matter", "line"),
    [
        ("title: [", 3),
        ("title: T\ndate: a: b", 3),
        ("t: é\nu: \x01", 3),
        ("'", 3),
        ("%YAML 9.9", 2),
    ],
)
def test_bad_yaml_is_told_with_its_line(problem: Problem, front_matter: str, line: int) -> None:
    told = problem("a.md", f"---\n{front_matter}\n---\nText.")
    assert told.startswith(f"a.md:{line}: front matter is not YAML: ")


@pytest.mark.parametrize("front_matter", ["- a\n- b", "just words", "[title, T]", "3"])
def test_front_matter_that_is_no_mapping(problem: Problem, front_matter: str) -> None:
    told = problem("a.md", f"---\n{front_matter}\n---\nText.")
    assert told == "a.md:2: front matter is not 'key: value' lines"


@pytest.mark.parametrize("key", ["id", "title", "date", "source", "url"])
def test_a_value_that_is_no_scalar(problem: Problem, key: str) -> None:
    for value, kind in (("[a]", "a list"), ("{a: b}", "an object")):
        told = problem("a.md", f"---\n{key}: {value}\n---\nText.")
        assert told == f"a.md: '{key}' should be a string, not {kind}"
    told = problem("a.md", f"---\nx: &x y\n{key}: *x\n---\nText.")
    assert told == f"a.md:3: '{key}' is a YAML alias; write its value out"


def test_a_date_that_is_none(problem: Problem) -> None:
    told = problem("a.md", "---\ndate: 2022-13-45\n---\nText.")
    assert told == "a.md: not a date: '2022-13-45'; write YYYY-MM-DD"


def test_a_title_that_is_too_long(problem: Problem) -> None:
    for content in (f"---\ntitle: {'x' * 1_001}\n---\nText.", f"# {'x' * 1_001}\n\nText."):
        assert problem("a.md", content) == "a.md: 'title' has 1,001 characters; at most 1,000"


@pytest.mark.parametrize("content", ["---\ntitle: T\n", "---\n" + "x: y\n" * 20_000 + "---\nText."])
def test_front_matter_without_an_end(problem: Problem, content: str) -> None:
    assert problem("a.md", content).startswith("a.md:1: front matter begins with --- here, and no")


def laughs(first: str, level: str) -> str:
    """A few lines that would become 10 to the power of 29 values."""
    levels = [f"a{n}: &a{n} " + level % ", ".join([f"*a{n - 1}"] * 10) for n in range(1, 30)]
    return "\n".join([f"a0: &a0 {first}", *levels])


@pytest.mark.parametrize(
    "front_matter", [laughs("[x]", "[%s]"), laughs("{x: y}", "{<<: [%s]}"), "x: &x\n  <<: [*x]"]
)
def test_yaml_made_to_grow_does_not(article: Read, front_matter: str) -> None:
    started = time.perf_counter()
    assert article("a.md", f"---\ntitle: T\n{front_matter}\n---\nText.").title == "T"
    assert time.perf_counter() - started < 5


def test_yaml_that_overflows_the_stack_of_libyamls_loader(problem: Problem) -> None:
    told = problem("a.md", "---\nx:\n " + "[" * 60_000 + "\n---\nText.")
    assert told == "a.md:3: front matter is nested too deeply"


def test_yaml_makes_no_python_objects(article: Read) -> None:
    made = article("a.md", "---\ntitle: T\nx: !!python/object/apply:os.abort []\n---\nText.")
    assert made.title == "T"
