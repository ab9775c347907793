"""Candidates put together as quotes: one for each thing said, and every one verbatim."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.answering.candidates import RerankCandidate, deduplicated
from retrieval.documents.article import Article, Span
from retrieval.library.fusion import Candidate
from retrieval.library.local.reader import LocalReader
from retrieval.library.records import PassageRow
from retrieval.models.reader import ReaderOutput
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder

SAID = [f"Thing {n} was said by the river." for n in range(30)]
FORMS: list[Callable[[str], str]] = [
    str,
    str.upper,
    lambda words: words.replace(" ", "\n "),
    lambda words: f" {words}  ",
]
# Each thing in four articles, in a form of its own in each; 120 passages are two fetches.
ARTICLES = [
    article(f"{n}-{form}", change(words))
    for form, change in enumerate(FORMS)
    for n, words in enumerate(SAID)
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalReader]:
    path = tmp_path_factory.mktemp("quoting") / "library"
    library = LocalReader(build(path, ReadableEncoder(), ARTICLES))
    yield library
    library.close()


def candidates_of(library: LocalReader) -> list[Candidate]:
    """Every passage, as if it had been found."""
    rows = [row for _, rows in library.articles_since(0) for row in rows]
    return [Candidate(row, 0.0, None) for row in rows]


def test_those_that_say_the_same_are_one(opened: LocalReader) -> None:
    found = deduplicated(opened, candidates_of(opened), 1000)
    assert [each.article.id for each in found] == [f"{n}-0" for n in range(30)]
    for n, each in enumerate(found):
        assert each.also_in == [f"{n}-1", f"{n}-2", f"{n}-3"]


@settings(max_examples=50)
@given(data=st.data(), limit=st.integers(0, 40))
def test_the_best_of_each_stands_for_it(
    opened: LocalReader, data: st.DataObject, limit: int
) -> None:
    every = candidates_of(opened)
    size = data.draw(st.integers(0, len(every)))
    chosen = data.draw(st.permutations(every))[:size]
    found = deduplicated(opened, chosen, limit)

    numbers = {each.id: each.id.split("-")[0] for each in ARTICLES}
    articles = opened.articles_by_number(each.passage.article for each in chosen)
    ids = [articles[each.passage.article].id for each in chosen]
    firsts = list({numbers[each]: each for each in reversed(ids)}.values())
    firsts.sort(key=ids.index)
    assert [each.article.id for each in found] == firsts[:limit]
    for each in found:
        others = [other for other in ids if numbers[other] == numbers[each.article.id]]
        assert others[0] == each.article.id
        assert each.candidate is chosen[ids.index(others[0])]
        if len(firsts) < limit:  # or it stops looking once it has enough
            assert each.also_in == others[1:]
        else:
            assert each.also_in == others[1 : 1 + len(each.also_in)]
        quote = each.quote(0.5)
        assert quote.text == each.text == each.article.text[quote.start : quote.end]
        assert quote.also_in == tuple(each.also_in)
        assert each.article in ARTICLES


def test_an_article_that_repeats_itself_is_not_also_in_itself(library: Path) -> None:
    long = "The river rose by three metres overnight, and the schools of the old town stayed closed"
    twice = f"{long} {'again ' * 30}.\n\n" * 2
    opened = LocalReader(
        build(library, ReadableEncoder(), [article("a", twice), article("b", twice)])
    )
    every = candidates_of(opened)
    assert len(every) == 4
    (found,) = deduplicated(opened, every, 10)
    assert (found.article.id, found.also_in) == ("a", ["b"])
    assert found.candidate is every[0]
    opened.close()


def test_what_differs_in_more_than_case_and_space_is_not_the_same(library: Path) -> None:
    texts = ["A river.", "A river", "Ariver.", "A  RIVER.", "A rivér."]
    opened = LocalReader(
        build(library, ReadableEncoder(), [article(f"{n}", text) for n, text in enumerate(texts)])
    )
    found = deduplicated(opened, candidates_of(opened), 10)
    assert [each.text for each in found] == ["A river.", "A river", "Ariver.", "A rivér."]
    opened.close()


@given(st.text(min_size=1), st.data())
def test_the_answer_lies_within_its_quote_and_is_what_was_marked(
    text: str, data: st.DataObject
) -> None:
    start, end = _slice(data, len(text))
    inner = Span(*_slice(data, end - start))
    finding = RerankCandidate(
        Candidate(PassageRow(1, 1, 3, start, end), 0.0, None),
        Article("id", "Title", None, None, None, text),
        reading=ReaderOutput(1.0, 1.0, inner),
    )
    quote = finding.quote(0.25)
    assert quote.text == text[start:end] == finding.text
    assert (quote.paragraph, quote.score) == (3, 0.25)
    assert quote.answer is not None
    assert start <= quote.answer.start < quote.answer.end <= end
    marked = text[quote.answer.start : quote.answer.end]
    assert marked == finding.text[inner.start : inner.end]


def _slice(data: st.DataObject, length: int) -> tuple[int, int]:
    start = data.draw(st.integers(0, length - 1))
    return start, data.draw(st.integers(start + 1, length))


def test_what_was_not_read_has_no_answer_marked(opened: LocalReader) -> None:
    (found,) = deduplicated(opened, candidates_of(opened), 1)
    assert found.quote(1.0).answer is None
