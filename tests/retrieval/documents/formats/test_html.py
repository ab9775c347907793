"""Web pages."""

import datetime
import logging
import subprocess
import sys
from collections.abc import Callable

import pytest

from retrieval.documents.article import Article

Read = Callable[[str, str | bytes], Article]
Problem = Callable[[str, str | bytes], str]

PAGE = """<!DOCTYPE html>
<html lang="en"><head>
<meta charset="iso-8859-1">
<title>Talks held in Istanbul - The Paper</title>
<link rel="canonical" href="https://paper.example/world/talks">
<meta property="og:site_name" content="The Paper">
<meta property="og:title" content="Talks held in Istanbul">
<meta property="article:published_time" content="2022-03-29T10:00:00Z">
</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>
<article><h1>Talks held in Istanbul</h1>
<p>The two-day talks are being held at the <b>presidential</b> Dolmabahçe <i>office</i>.</p>
<p>A second paragraph tells, over
two lines of source, what happened on the next day &amp; after it, 5 * 3 times, in some_words.</p>
<h2>What next</h2>
<ul><li>First, more talks</li><li>Second, a pause</li></ul>
<table><tr><td>Monday</td><td>arrival</td></tr><tr><td>Tuesday</td><td>talks</td></tr></table>
<p>That was all that anyone said about it on that day.</p></article>
<footer>Copyright 2019 The Paper</footer>
</body></html>"""


def test_the_article_and_what_the_page_says_of_it(article: Read) -> None:
    assert article("pages/a.html", PAGE) == Article(
        id="pages/a",
        title="Talks held in Istanbul",
        date=datetime.date(2022, 3, 29),
        source="The Paper",
        url="https://paper.example/world/talks",
        text="The two-day talks are being held at the presidential Dolmabahçe office.\n\n"
        "A second paragraph tells, over two lines of source, what happened on the next day "
        "& after it, 5 * 3 times, in some_words.\n\n"
        "What next\n\n"
        "- First, more talks\n- Second, a pause\n\n"
        "| Monday | arrival |\n| Tuesday | talks |\n\n"
        "That was all that anyone said about it on that day.",
    )


def test_a_page_that_says_nothing_of_itself(article: Read) -> None:
    words = "It began on 3 February 2017, some say, and it has not ended since then."
    result = article("some-day.htm", f"<html><body><article><p>{words}</p></article></body></html>")
    assert (result.title, result.date, result.source, result.url) == ("some-day", None, None, None)
    assert result.text == words


def test_a_copyright_line_is_no_date(article: Read) -> None:
    page = PAGE.replace("2022-03-29T10:00:00Z", "")
    assert article("a.html", page).date is None


def test_the_unicode_form_is_the_authors(article: Read) -> None:
    page = PAGE.replace("ç", "c\u0327")
    assert "Dolmabahc\u0327e" in article("a.html", page).text


def test_an_xhtml_page_that_names_another_encoding(article: Read) -> None:
    page = f'<?xml version="1.0" encoding="iso-8859-1"?>{PAGE}'
    assert "Dolmabahçe" in article("a.html", page).text


def test_a_link_that_is_none_is_left_out(article: Read) -> None:
    page = PAGE.replace("https://paper.example/world/talks", "javascript:alert(1)")
    assert article("a.html", page).url is None


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>T</title></head><body></body></html>",
        "<html><body><script>var x = 'some words of a script';</script></body></html>",
        "just words, no page",
        "https://example.com/",
        "<!--",
        "<html><body>" + "<div>" * 5_000 + "deep words" + "</div>" * 5_000 + "</body></html>",
    ],
)
def test_no_article(problem: Problem, page: str) -> None:
    assert problem("a.html", page) == "a.html: no article found in the page"


def test_what_trafilatura_cannot_bear_is_told(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr("trafilatura.bare_extraction", fail)
    assert problem("a.html", PAGE) == "a.html: no article found in the page (RecursionError)"


def test_trafilaturas_warnings_do_not_reach_the_terminal(
    problem: Problem, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        problem("a.html", "<!--")
    assert caplog.records == []


def test_only_pages_cost_the_import_of_trafilatura() -> None:
    code = "import sys, retrieval.documents.formats; sys.exit('trafilatura' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
