"""In a large library frequent words find nothing themselves, and nothing else changes."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from retrieval.library.folder import current_edition
from retrieval.search.filter import Bounds
from retrieval.search.words import WordIndex
from tests.retrieval.collection import article, build
from tests.retrieval.encoders import ReadableEncoder

EVERY = {"common": 1, "frequent": 2, "seldom": 11, "rare": 29}
"""Words, and in every how many-th article each of them is."""

ARTICLES = 60
EVERYWHERE = Bounds()
ODD = Bounds(only=frozenset({"Odd"}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of words."""
    some = [
        article(
            f"a{n}",
            " ".join(word for word, every in EVERY.items() if n % every == 0) + " filler" * (n % 7),
            source="Odd" if n % 2 else "Even",
        )
        for n in range(ARTICLES)
    ]
    path = build(tmp_path_factory.mktemp("words") / "library", ReadableEncoder(), some)
    return current_edition(path).words


def found(
    folder: Path, question: str, limit: int, postings: int | None, within: Bounds = EVERYWHERE
) -> dict[int, float]:
    """The passages found, and their scores, best first."""
    return WordIndex(folder, postings).search(question, limit, within).by_id()


@given(
    words=st.lists(st.sampled_from([*EVERY, "nowhere"]), min_size=1, unique=True),
    limit=st.integers(1, ARTICLES),
    postings=st.integers(0, 400),
    within=st.sampled_from([EVERYWHERE, ODD, Bounds(without=frozenset({"Odd"}))]),
)
def test_what_is_found_has_the_score_of_all_words(
    folder: Path, words: list[str], limit: int, postings: int, within: Bounds
) -> None:
    question = " ".join(words)
    all_words = found(folder, question, ARTICLES, None, within)
    some = found(folder, question, limit, postings, within)
    assert len(some) == min(limit, len(all_words))
    assert some == pytest.approx({number: all_words[number] for number in some})
    assert [*some.values()] == sorted(some.values(), reverse=True)


def test_the_rarest_words_find(folder: Path) -> None:
    rare = found(folder, "rare", ARTICLES, None)
    few = found(folder, "common frequent rare", len(rare), 3 * len(rare))
    assert few.keys() == rare.keys()
    assert min(few.values()) > max(rare.values())


def test_frequent_words_are_not_gone_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []
    query = WordIndex._query

    def noting(index: WordIndex, words: Mapping[str, float]) -> tantivy.Query:
        asked.append(set(words))
        return query(index, words)

    monkeypatch.setattr(WordIndex, "_query", noting)
    found(folder, "common seldom", 2, 30)
    assert asked == [{"seldom"}, {"seldom", "common"}]
    asked.clear()
    found(folder, "common seldom", 2, None)
    assert asked == [{"seldom", "common"}]


def test_where_the_rare_words_find_too_little_all_words_find(folder: Path) -> None:
    wanted = found(folder, "common frequent", ARTICLES, None, ODD)  # where nothing is frequent
    assert len(wanted) == ARTICLES // 2
    assert found(folder, "common frequent", ARTICLES, 100, ODD) == wanted
