"""Of the truth no more is read than is needed."""

from pathlib import Path

import pytest

from retrieval.library import Library, LibraryWriter
from retrieval.search.vectors import VectorIndex
from tests.retrieval.collection import article, build
from tests.retrieval.encoders import ScatteredEncoder


def test_a_filter_looks_at_each_article_once(library: Path, scattered: ScatteredEncoder) -> None:
    some = [article(i, f"Words of {i}. " * 900, source=f"Écho {i}") for i in "abc"]
    build(library, scattered, some)
    looks = []

    def lower_case(source: str) -> str:
        looks.append(source)
        return source.lower()

    reader = Library(library)
    reader._connection.create_function("lower_case", 1, lower_case)
    found = reader.passages(reader.passages_within(None, None, "écho b"))
    assert len(found) > 3
    assert len({row.article for row in found.values()}) == 1
    assert len(looks) == 3
    reader.close()


def test_vectors_from_nothing_do_without_what_was_removed(
    library: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, scattered, [article(f"a{n}", f"Words of alpha{n}.") for n in range(4)])
    with LibraryWriter(library) as writer, writer.commit() as change:
        change.remove("a2")
    reader = Library(library)
    monkeypatch.setattr(reader, "removed_since", lambda generation: pytest.fail("read in vain"))
    index = VectorIndex(library / "nowhere", scattered.dimension)
    with reader.snapshot():
        index.catch_up(reader)
        found = index.search(scattered.encode_query("words"), 100, None)
        assert len(found.ids) == reader.state().passages
    reader.close()
