"""Lists of articles: what is in them, in which order, and that no text is read for them."""

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.library.local.reader import LocalReader
from retrieval.library.records import ListedArticle
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder

SOURCES = [None, "Tass", "TASS", "Écho", "kept:  1", "kept:  12", "kept: 1", "Stasi"]
TITLES = ["High water", "Über STRASSEN", "Straße", "a%b_c", "İstanbul talks"]
DAYS = [None, "2021-06-01", "2022-03-29"]
ARTICLES = [
    article(f"{n}-{m}", f"Words {n} {m}.", title=title, source=source, date=DAYS[(n + m) % 3])
    for n, source in enumerate(SOURCES)
    for m, title in enumerate(TITLES)
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalReader]:
    path = build(tmp_path_factory.mktemp("catalogue") / "library", ReadableEncoder(), ARTICLES)
    opened = LocalReader(path)
    yield opened
    opened.close()


def entries(wanted: list[int]) -> list[ListedArticle]:
    """Those of the articles, newest first, those without a date last."""
    rows = [ARTICLES[number] for number in wanted]
    rows.sort(key=lambda each: each.id)
    rows.sort(key=lambda each: each.date.isoformat() if each.date else "", reverse=True)
    return [
        ListedArticle(e.id, e.date.isoformat() if e.date else None, e.title, e.source, e.sha256)
        for e in rows
    ]


def test_sources_that_begin_so_come_before_those_that_hold_it(library: LocalReader) -> None:
    assert [*library.sources_with("tas")] == ["TASS", "Tass", "Stasi"]
    assert [*library.sources_with("éCHO")] == ["Écho"]
    assert [*library.sources_with("")] == sorted(each for each in SOURCES if each)
    assert [*library.sources_with("%")] == []
    assert [*islice(library.sources_with("kept"), 1)] == ["kept:  1"]


@given(st.sampled_from(["kept:  ", "kept:  1", "kept:  12", "Tass", "x"]))
def test_those_whose_source_begins_so_and_the_others_are_all(
    library: LocalReader, start: str
) -> None:
    own = [n for n, each in enumerate(ARTICLES) if (each.source or "").startswith(start)]
    rest = [n for n in range(len(ARTICLES)) if n not in own]
    assert library.articles_of(start) == entries(own)
    assert library.others(start, [], 0, 100) == entries(rest)
    assert library.count_others(start) == len(rest)


words = st.lists(st.sampled_from(["water", "HIGH", "strasse", "über", "%b_", "i̇st", "zz"]))


@given(words, st.integers(0, 50), st.integers(0, 20))
def test_pages_of_what_a_title_holds(
    library: LocalReader, words: list[str], first: int, count: int
) -> None:
    wanted = [
        n
        for n, each in enumerate(ARTICLES)
        if not (each.source or "").startswith("kept:  ")
        and all(word.casefold() in each.title.casefold() for word in words)
    ]
    found = library.others("kept:  ", words, first, count)
    assert found == entries(wanted)[first : first + count]
    assert library.count_others("kept:  ", words) == len(wanted)


def test_no_text_is_read_for_a_list(library: LocalReader) -> None:
    """One index has all that is asked for: the texts of an archive are hundreds of megabytes."""
    connection = library.connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    library.articles_of("kept:  ")
    library.others("kept:  ", ["water"], 0, 10)
    library.count_others("kept:  ", ["water"])
    [*library.sources_with("ta")]
    connection.set_trace_callback(None)
    assert len(asked) == 4
    for statement in asked:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        reads = [step for step in plan if "articles" in step]
        assert reads, plan
        assert all("COVERING INDEX articles_in_short" in step for step in reads), plan
