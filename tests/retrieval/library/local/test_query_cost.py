"""Of the truth no more is read than is needed."""

from pathlib import Path

import pytest

from retrieval.library.filter import Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder, ScatteredEncoder


def test_the_sources_are_read_again_only_where_words_changed(
    library: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, scattered, [article(i, f"Words of {i}.", source=f"Écho {i}") for i in "abc"])
    reader = LocalReader(library)
    read, sources = [], reader.sources

    def reading() -> frozenset[str | None]:
        read.append(1)
        return sources()

    monkeypatch.setattr(reader, "sources", reading)
    searcher = HybridSearch(reader, scattered.dimension)

    def found(within: Filter) -> int:
        with reader.snapshot():
            searcher.catch_up()
            return len(searcher.search("words", scattered.encode_query("words"), within))

    assert found(Filter()) == 3
    assert not read  # by who wants everything, never
    hidden = Filter(withheld="écho b")
    assert [found(hidden), found(Filter(source="ÉCHO C")), found(hidden)] == [2, 1, 2]
    assert len(read) == 1
    with LocalWriter(library) as writer, writer.commit():
        pass  # of which no words came
    assert found(hidden) == 2
    assert len(read) == 1
    build(library, scattered, [article("d", "Words of another.", source="Écho Belt")])
    assert found(hidden) == 2
    assert len(read) == 2
    reader.close()


def test_vectors_from_nothing_do_without_what_was_removed(
    library: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, scattered, [article(f"a{n}", f"Words of alpha{n}.") for n in range(4)])
    with LocalWriter(library) as writer, writer.commit() as change:
        change.remove("a2")
    reader = LocalReader(library)
    monkeypatch.setattr(reader, "removed_since", lambda generation: pytest.fail("read in vain"))
    index = VectorIndex(library / "nowhere", scattered.dimension)
    with reader.snapshot():
        index.catch_up(reader)
        found = index.search(scattered.encode_query("words"), 100, None)
        assert len(found.ids) == reader.state().passages
    reader.close()


def test_what_came_last_is_found_without_going_through_what_was_there(
    tmp_path: Path, encoder: ReadableEncoder
) -> None:
    def work(articles: int) -> int:
        """How much SQLite does, in hundreds of its instructions, to find one article more."""
        library = tmp_path / str(articles)
        build(library, encoder, [article(f"a{n}", f"Words of {n}.") for n in range(articles)])
        done: list[int] = []
        with LocalWriter(library) as writer:
            last = writer.changes.generation()
            with writer.commit() as change:
                change.put(article("more", "Words of one more."), "test")
                connection = change.changes.connection
            connection.set_progress_handler(lambda: done.append(1), 100)
            (waiting,) = writer.pending()
            ((came, _),) = change.changes.articles_since(last)
            connection.set_progress_handler(None, 0)
            assert (bool(waiting), came.id) == (True, "more")
        return len(done)

    assert work(1000) <= work(10) + 2
