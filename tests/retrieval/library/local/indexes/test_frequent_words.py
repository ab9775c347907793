"""In a large library frequent words find nothing themselves; what is found has the same scores."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from retrieval.library.filter import Bounds
from retrieval.library.local.folder import current_edition
from retrieval.library.local.indexes import words as words_module
from retrieval.library.local.indexes.words import NOTHING, WordIndex
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder

EVERY = {"common": 1, "frequent": 3, "seldom": 11, "rare": 29}
"""Words, and in every how many-th article each of them is; each once, but for one article."""

ARTICLES = 60
OFTEN = 3
"""The article in which "frequent" comes ten times, which is worth more than "seldom" once."""

ALL = 10**9
EVERYWHERE = Bounds()
ODD = Bounds(only=frozenset({"Odd"}))


def text(number: int) -> str:
    """An article's words."""
    words = [word for word, every in EVERY.items() if number % every == 0]
    return " ".join([*words, *["filler"] * (number % 7), *["frequent"] * 9 * (number == OFTEN)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of words."""
    some = [article(f"a{n}", text(n), source="Odd" if n % 2 else "Even") for n in range(ARTICLES)]
    path = build(tmp_path_factory.mktemp("words") / "library", ReadableEncoder(), some)
    return current_edition(path).words


def found(
    folder: Path,
    question: str,
    limit: int,
    postings: int = ALL,
    within: Bounds = EVERYWHERE,
    carried: Mapping[str, float] = NOTHING,
) -> dict[int, float]:
    """The passages found, and their scores, best first."""
    return WordIndex(folder, postings).search(question, limit, within, carried).by_id()


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The words of each query, in the order in which they are run."""
    asked: list[set[str]] = []
    query = words_module._query

    def noting(schema: tantivy.Schema, words: Mapping[str, float]) -> tantivy.Query:
        asked.append(set(words))
        return query(schema, words)

    monkeypatch.setattr(words_module, "_query", noting)
    return asked


@given(
    words=st.lists(st.sampled_from([*EVERY, "nowhere"]), min_size=1, unique=True),
    carried=st.dictionaries(st.sampled_from([*EVERY, "filler"]), st.floats(0.01, 0.2)),
    limit=st.integers(1, ARTICLES),
    postings=st.integers(0, 400),
    within=st.sampled_from([EVERYWHERE, ODD, Bounds(without=frozenset({"Odd"}))]),
)
def test_what_is_found_has_the_score_of_all_words(
    folder: Path,
    words: list[str],
    carried: dict[str, float],
    limit: int,
    postings: int,
    within: Bounds,
) -> None:
    question = " ".join(words)
    all_words = found(folder, question, ARTICLES, ALL, within, carried)
    some = found(folder, question, limit, postings, within, carried)
    assert len(some) == min(limit, len(all_words))
    assert some == pytest.approx({number: all_words[number] for number in some}, rel=1e-5)
    assert [*some.values()] == sorted(some.values(), reverse=True)


def test_the_rarest_words_find(folder: Path) -> None:
    seldom = found(folder, "seldom", ARTICLES)
    assert len(seldom) == 6
    assert found(folder, "frequent seldom", 6, 12).keys() == seldom.keys()
    assert found(folder, "frequent seldom", 6).keys() != seldom.keys()


def test_words_are_gone_through_up_to_the_number_of_postings(
    folder: Path, searched: list[set[str]]
) -> None:
    # "seldom" is in six passages, and as often in what is around them.
    found(folder, "common seldom", 2, 12)
    assert searched == [{"seldom"}, {"seldom", "common"}]
    searched.clear()
    found(folder, "common seldom", 2, 11)
    assert searched == [{"seldom", "common"}]
    searched.clear()
    found(folder, "common seldom", 2)
    assert searched == [{"seldom", "common"}]


def test_where_the_rare_words_find_too_little_all_words_find(
    folder: Path, searched: list[set[str]]
) -> None:
    wanted = found(folder, "common seldom", 7)
    assert len(wanted) == 7
    searched.clear()
    assert found(folder, "common seldom", 7, 12) == wanted
    assert searched == [{"seldom"}, {"seldom", "common"}]


def test_more_are_found_than_are_wanted_where_frequent_words_have_yet_to_count(
    folder: Path,
) -> None:
    (first,) = found(folder, "frequent seldom", 1, 12)
    (by_seldom_alone,) = found(folder, "seldom", 1)
    assert first != by_seldom_alone
    assert first in found(folder, "seldom", 2)


def test_with_words_of_earlier_turns_all_words_find(folder: Path, searched: list[set[str]]) -> None:
    found(folder, "common seldom", 2, 12, carried={"rare": 0.1})
    assert searched == [{"common", "seldom", "rare"}]
