"""Which articles a question sees: both halves of the search, the truth, and a plain list agree."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents.article import Article
from retrieval.library.filter import Filter
from retrieval.library.fusion import DEPTH
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import answerer_of, article, build
from tests.support.encoders import ReadableEncoder

SOURCES = [None, "Tass", "TASS", "Écho du Soir", "écho du soir", "discord", "discord:1",
           "Discord:1", "discord:12", "DISCORD:2", "my discord:1", "\u0130s:1"]  # fmt: skip
DAYS = [None, "2021-06-01", "2022-03-29", "2023-01-05"]
ARTICLES = [
    article(f"{n}-{m}", f"Talks, number x{n}y{m}.", source=source, date=day)
    for n, source in enumerate(SOURCES)
    for m, day in enumerate(DAYS)
]

WAYS = ("words", "vectors", "truth", "both")

day = st.none() | st.sampled_from([datetime.date.fromisoformat(day) for day in DAYS if day])
name = st.none() | st.sampled_from([each for each in SOURCES if each] + ["nobody", ""])
filters = st.builds(
    Filter,
    since=day,
    until=day,
    source=name,
    sources=st.none() | st.frozensets(name.filter(lambda each: each is not None)),
    withheld=st.none() | st.sampled_from(["discord:", "Discord:", "écho", "discord", ""]),
    own=name,
)


def seen(each: Article, within: Filter) -> bool:
    """What a filter promises, said plainly."""
    source = each.source.lower() if each.source is not None else None
    if within.since and not (each.date and each.date >= within.since):
        return False
    if within.until and not (each.date and each.date <= within.until):
        return False
    if within.source is not None and source != within.source.lower():
        return False
    if within.sources is not None and source not in [one.lower() for one in within.sources]:
        return False
    if within.withheld is None or source is None:
        return True
    hidden = source[: len(within.withheld)] == within.withheld.lower()
    return not hidden or (within.own is not None and source == within.own.lower())


@dataclass
class Asked:
    """A library with a question that every article of it is about."""

    reader: LocalReader
    searcher: HybridSearch
    encoder: ReadableEncoder

    def found(self, within: Filter) -> dict[str, list[str]]:
        """The ids of the articles that each way of looking finds."""
        vector = self.encoder.encode_query("talks")
        with self.reader.snapshot():
            self.searcher.catch_up()
            bounds = within.among(self.reader.sources())
            passages = self.reader.passages_within(
                bounds.since, bounds.until, bounds.only, bounds.without
            )
            by_vector = self.searcher.vectors.search(
                vector, DEPTH, *self.searcher._passages(bounds)
            )
            each_way = {
                "words": self.searcher.words.search("talks", DEPTH, bounds).ids.tolist(),
                "vectors": by_vector.ids.tolist(),
                "truth": passages.tolist(),
                "both": [c.passage.id for c in self.searcher.search("talks", vector, within)],
            }
            return {way: self._articles(ids) for way, ids in each_way.items()}

    def _articles(self, passages: list[int]) -> list[str]:
        rows = self.reader.passages(passages)
        known = self.reader.articles_by_number(row.article for row in rows.values())
        return sorted(each.id for each in known.values())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    encoder = ReadableEncoder()
    path = build(tmp_path_factory.mktemp("filters") / "library", encoder, ARTICLES)
    reader = LocalReader(path)
    yield Asked(reader, HybridSearch(reader, encoder.dimension), encoder)
    reader.close()


def test_there_are_fewer_articles_than_either_half_finds() -> None:
    assert len(ARTICLES) < DEPTH


@given(within=filters)
def test_every_way_of_looking_sees_what_a_plain_list_says(asked: Asked, within: Filter) -> None:
    wanted = sorted(each.id for each in ARTICLES if seen(each, within))
    assert asked.found(within) == dict.fromkeys(WAYS, wanted)
    assert wanted == sorted(each.id for each in ARTICLES if within.admits(each.source, each.date))
    if not within:
        assert len(wanted) == len(ARTICLES)


@given(theirs=st.sampled_from(["discord:1", "discord:12", "DISCORD:2"]), within=filters)
def test_what_is_withheld_is_seen_by_its_own_alone(
    asked: Asked, theirs: str, within: Filter
) -> None:
    """Whatever else a filter says, and whoever's name it asks for."""
    others = Filter(
        within.since, within.until, theirs, within.sources, withheld="discord:", own="discord:3"
    )
    nothing: list[str] = []
    assert asked.found(others) == dict.fromkeys(WAYS, nothing)


def test_what_is_withheld_cannot_crowd_out_what_is_not(library: Path) -> None:
    encoder = ReadableEncoder()
    better = [article(f"b{n}", f"Talks, talks, x{n}.", source="discord:1") for n in range(300)]
    there = article("there", "Once there were talks among other things.")
    build(library, encoder, [*better, there])
    answerer = answerer_of(library, encoder, 0.0)
    assert {q.article.source for q in answerer.ask("talks", 5).quotes} == {"discord:1"}
    for own in (None, "discord:2"):
        quotes = answerer.ask("talks", 5, Filter(withheld="discord:", own=own)).quotes
        assert [quote.article.id for quote in quotes] == ["there"]
    answerer.close()


def test_others_that_say_the_same_are_not_named(library: Path) -> None:
    encoder = ReadableEncoder()
    same = [article(f"a{n}", "The talks began.", source=f"discord:{n}") for n in range(4)]
    build(library, encoder, same)
    answerer = answerer_of(library, encoder, 0.0)
    (quote,) = answerer.ask("talks", 5, Filter(withheld="discord:", own="discord:2")).quotes
    assert (quote.article.id, quote.also_in) == ("a2", ())
    answerer.close()


def test_an_article_that_changes_hands_is_seen_by_its_new_owner_alone(library: Path) -> None:
    """While the bot runs, and whatever the sources were when it asked last."""
    encoder = ReadableEncoder()
    build(library, encoder, [article("a", "The talks began.", source="discord:1")])
    answerer = answerer_of(library, encoder, 0.0)

    def sees(own: str) -> bool:
        return bool(answerer.ask("talks", 5, Filter(withheld="discord:", own=own)).quotes)

    assert [sees("discord:1"), sees("discord:2")] == [True, False]
    build(library, encoder, [article("a", "The talks began.", source="discord:2")])
    assert [sees("discord:1"), sees("discord:2")] == [False, True]
    with LocalWriter(library) as writer, writer.commit() as change:
        # The index of words lags behind, as where a writer was killed.
        change.put(article("late", "The talks went on.", source="discord:3"), "test")
    assert [sees("discord:1"), sees("discord:3")] == [False, True]
    answerer.close()


def test_what_comes_to_a_withheld_source_is_withheld_from_the_next_question(library: Path) -> None:
    encoder = ReadableEncoder()
    build(library, encoder, [article("a", "The river rose.", source="discord:1")])
    answerer = answerer_of(library, encoder, 0.0)
    for number in range(2):  # the second time which passages to leave out is remembered
        # "flood" stands in none of them: the vectors alone find it.
        assert answerer.ask("flood", 5, Filter(withheld="discord:")).quotes == ()
        new = article(f"b{number}", f"The river sank by {number}.", source="discord:1")
        build(library, encoder, [new])
    assert answerer.ask("flood", 5, Filter(withheld="discord:")).quotes == ()
    assert len(answerer.ask("flood", 5, Filter(withheld="discord:", own="discord:1")).quotes) == 3
    answerer.close()
