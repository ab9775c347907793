"""The indexes are caches: thrown away or damaged, they come back from the truth, unencoded."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.library.filter import Bounds, Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.indexes import vectors
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.indexes.words import WordIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import answerer_of, article, build, mirror, write_txt
from tests.support.encoders import ReadableEncoder, ScatteredEncoder

# None of them asks anything, so that they are only searched for: what is compared is the caches,
# and how much the reader has time for says more about the machine.
QUESTIONS = ("alpha1", "alpha2 and alpha3", "words of alpha11", "nothing known")


@pytest.fixture(autouse=True)
def always_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a vectors file for few vectors too."""
    monkeypatch.setattr(vectors, "FEW", 0)


@pytest.fixture
def made(library: Path, scattered: ScatteredEncoder) -> Path:
    some = [article(f"a{n}", f"Words of alpha{n}.\n\n" + f"Beta{n} too. " * 40) for n in range(12)]
    build(library, scattered, some)
    scattered.encoded.clear()
    return library


def found(library: Path, encoder: ScatteredEncoder) -> list[list[tuple[str, int, float]]]:
    """What the questions find, by both halves; never sure, it leaves nothing found out."""
    answerer = answerer_of(library, encoder, 1.0)
    answers = [answerer.ask(question, top=100).quotes for question in QUESTIONS]
    answerer.close()
    return [[(q.article.id, q.start, round(q.score, 3)) for q in quotes] for quotes in answers]


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def truncate(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"")


def overwrite(folder: Path) -> None:
    for path in folder.iterdir():
        noise = random.Random(7).randbytes(path.stat().st_size)  # noqa: S311 - not for secrets
        path.write_bytes(noise)


def lose_data(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "meta.json":
            path.unlink()


def damage_meta(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.write_text('{"segments": 7}')


@pytest.mark.parametrize("damage", [remove, truncate, empty, overwrite, lose_data, damage_meta])
@pytest.mark.parametrize("cache", ["words", "vectors"])
def test_a_damaged_cache_is_made_anew_from_the_truth(
    made: Path, scattered: ScatteredEncoder, cache: str, damage: Callable[[Path], None]
) -> None:
    wanted = found(made, scattered)
    assert list((made / "1" / "vectors").glob("*.faiss"))
    damage(made / "1" / cache)
    assert found(made, scattered) == wanted
    assert scattered.encoded == []


@pytest.mark.parametrize("cache", ["words", "vectors"])
def test_an_index_run_mends_it_too(made: Path, scattered: ScatteredEncoder, cache: str) -> None:
    wanted = found(made, scattered)
    overwrite(made / "1" / cache)
    mirror(made, scattered)
    assert found(made, scattered) == wanted
    assert scattered.encoded == []


@pytest.mark.parametrize("cache", ["words", "vectors"])
def test_a_stale_cache_catches_up(
    made: Path, tmp_path: Path, scattered: ScatteredEncoder, cache: str
) -> None:
    shutil.copytree(made / "1" / cache, tmp_path / "stale")
    changed = [article(f"a{n}", f"Words of alpha{n}, alpha1 edited.") for n in range(6, 15)]
    build(made, scattered, changed)
    with LocalWriter(made) as writer, writer.commit() as change:
        change.remove("a2")
    mirror(made, scattered)
    wanted = found(made, scattered)
    shutil.rmtree(made / "1" / cache)
    shutil.copytree(tmp_path / "stale", made / "1" / cache)
    scattered.encoded.clear()
    # Words that went still count in how rare a word is, until tantivy merges its segments; so
    # scores may differ a little, but not what is found.
    again = found(made, scattered)
    assert [quotes[0][0] for quotes in again] == [quotes[0][0] for quotes in wanted]
    everything = [{quote[:2] for quote in quotes} for quotes in wanted]
    assert [{quote[:2] for quote in quotes} for quotes in again] == everything
    assert scattered.encoded == []


def test_while_another_writes_asking_does_without_the_words(
    made: Path, scattered: ScatteredEncoder
) -> None:
    shutil.rmtree(made / "1" / "words")
    with LocalWriter(made):
        assert all(found(made, scattered))  # by vectors, at once


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("look"), st.just(0), st.just(0)),
        st.tuples(st.just("encode"), st.just(0), st.just(0)),
        st.tuples(st.just("open"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_catching_up_step_by_step_is_the_same_as_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    encoder = ScatteredEncoder()
    library = tmp_path_factory.mktemp("steps") / "library"
    build(library, encoder, [])
    reader = LocalReader(library)
    searcher = HybridSearch(reader, encoder.dimension)
    for step, n, version in [*steps, ("look", 0, 0)]:
        if step == "put":
            text = f"Words of alpha{n}." + f" Version{version}. Gamma." * (20 * version)
            with LocalWriter(library) as writer, writer.commit() as change:
                change.put(article(f"a{n}", text), "test")
        elif step == "remove":
            with LocalWriter(library) as writer, writer.commit() as change:
                change.remove(f"a{n}")
        elif step == "encode":
            mirror(library, encoder)
        elif step == "open":
            searcher = HybridSearch(reader, encoder.dimension)
        else:
            with reader.snapshot():
                searcher.catch_up()

    fresh = VectorIndex(library / "nowhere", encoder.dimension)
    words = WordIndex(library / "1" / "fresh words")
    with reader.snapshot():
        fresh.catch_up(reader)
        words.catch_up(reader)
        for question in ("alpha1", "version2 gamma", "words"):
            vector = encoder.encode_query(question)
            ours = searcher.vectors.search(vector, 100, None)
            theirs = fresh.search(vector, 100, None)
            # The same words twice are as near: which of them is first means nothing.
            assert sorted(ours.ids.tolist()) == sorted(theirs.ids.tolist())
            by_words = searcher.words.search(question, 100, Bounds()).ids.tolist()
            assert sorted(by_words) == sorted(words.search(question, 100, Bounds()).ids.tolist())
    reader.close()


@pytest.mark.parametrize("folder", ["vectors", "nowhere"])
def test_the_vector_search_is_exact(
    made: Path, scattered: ScatteredEncoder, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (saved,) = (made / "1" / "vectors").iterdir()
    monkeypatch.setattr(vectors, "FEW", 1000)  # what follows is in no file
    build(made, scattered, [article("more", " ".join(f"Epsilon{n}." for n in range(90)))])
    with LocalWriter(made) as writer, writer.commit() as change:
        change.remove("a3")
    assert list((made / "1" / "vectors").iterdir()) == [saved]

    reader = LocalReader(made)
    index = VectorIndex(made / "1" / folder, scattered.dimension)
    with reader.snapshot():
        index.catch_up(reader)
        ids = reader.passages_within()
        stored = reader.vectors_of(ids.tolist())
    reader.close()
    assert len(stored) == len(ids) > 12
    some = ids[::3]
    everything = index.search(scattered.encode_query("all"), 1000, None)
    assert sorted(everything.ids.tolist()) == sorted(ids.tolist())
    for question in QUESTIONS:
        vector = scattered.encode_query(question)
        for only, pool in ((None, ids), (some, some)):
            cosines = {int(n): float(vector[0] @ stored[int(n)].astype(np.float32)) for n in pool}
            best = sorted(cosines, key=lambda n: -cosines[n])[:5]
            hits = index.search(vector, 5, only)
            assert hits.ids.tolist() == best
            np.testing.assert_allclose(hits.scores, [cosines[n] for n in best], atol=1e-5)
            assert np.all(np.abs(hits.scores) <= 1.001)


def test_a_file_of_another_dimension_counts_as_missing(
    made: Path, scattered: ScatteredEncoder
) -> None:
    wanted = found(made, scattered)
    (path,) = (made / "1" / "vectors").glob("*.faiss")
    faiss.write_index(faiss.IndexFlatIP(3), str(path))
    assert found(made, scattered) == wanted


def test_a_file_of_a_history_that_was_undone_is_not_believed(
    made: Path, tmp_path: Path, scattered: ScatteredEncoder, articles: Path
) -> None:
    truth = made / "1" / "truth.sqlite"
    shutil.copy(truth, tmp_path / "copy")
    for n in range(6):
        write_txt(articles, f"undone{n}", f"Words of beta{n}.")
        mirror(made, scattered, articles)
    for path in truth.parent.glob("truth.sqlite*"):
        path.unlink()
    shutil.copy(tmp_path / "copy", truth)
    shutil.rmtree(articles)
    articles.mkdir()
    for n in range(6):  # the same generations and ids come again, of other words
        write_txt(articles, f"other{n}", f"Words of gamma{n}.")
        mirror(made, scattered, articles)
    ours = found(made, scattered)
    shutil.rmtree(made / "1" / "vectors")
    assert found(made, scattered) == ours


def test_unfinished_files_are_cleared_away(made: Path, scattered: ScatteredEncoder) -> None:
    folder = made / "1" / "vectors"
    (folder / "3.12345").write_bytes(b"half")
    build(made, scattered, [article("more", "More words.\n\n" * 200)])
    assert {path.suffix for path in folder.iterdir()} == {".faiss"}


def test_filters_apply_before_the_cut_in_both_halves(library: Path) -> None:
    encoder = ReadableEncoder()
    better = [
        article(
            f"b{n}", f"Talks, peace talks, talks number x{n}.", date="2022-01-01", source="Tass"
        )
        for n in range(300)
    ]
    inside = article("inside", "Once there were talks among other things.", date="2023-05-05",
                     source="Écho du Soir")  # fmt: skip
    undated = article("undated", "Talks of no day.")
    build(library, encoder, [*better, inside, undated])
    reader = LocalReader(library)
    searcher = HybridSearch(reader, encoder.dimension)
    vector = encoder.encode_query("talks")
    with reader.snapshot():
        searcher.catch_up()
        (only,) = reader.passages_within(only=["Écho du Soir"])
        for within in (
            Filter(source="Écho du Soir"),
            Filter(source="ÉCHO DU SOIR"),
            Filter(since=better[0].date.replace(year=2023)),  # type: ignore[union-attr]
            Filter(since=inside.date, until=inside.date),
        ):
            (candidate,) = searcher.search("talks", vector, within)
            assert candidate.passage.id == only
            assert candidate.cosine is not None
        assert len(searcher.search("talks", vector, Filter(until=better[0].date))) >= 100
        assert searcher.search("talks", vector, Filter(source="nobody")) == []
        only_vectors = searcher.vectors.search(vector, 100, np.array([only]))
        assert only_vectors.ids.tolist() == [only]
    reader.close()
