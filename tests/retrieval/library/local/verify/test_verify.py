"""Whatever is wrong with a library is found, told in one line, and mended where that can be."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.errors import LockedError, MismatchError, NotALibraryError
from retrieval.library.local.folder import current_edition
from retrieval.library.local.indexes import vectors as vectors_module
from retrieval.library.local.verify.check import verify
from retrieval.library.local.verify.repair import repair
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.library.report import Repaired, Report
from tests.support.articles import answerer_of, contents, mirror, truth, write_jsonl, write_txt
from tests.support.encoders import ScatteredEncoder

SQL = {
    "UPDATE articles SET text = replace(text, 'alpha3', 'alpha4') WHERE id = 'a3'": "article",
    "UPDATE articles SET text = CAST(x'ff' || text AS TEXT) WHERE id = 'a3'": "article",
    "UPDATE articles SET title = CAST(x'ff' AS TEXT) WHERE id = 'a3'": "article",
    "UPDATE articles SET date = 'soon' WHERE id = 'a3'": "article",
    "UPDATE articles SET title = 'Another' WHERE id = 'a3'": "passage",
    "UPDATE passages SET stop = 100000 WHERE id = 12": "passage",
    "UPDATE passages SET start = -1 WHERE id = 12": "passage",
    "UPDATE passages SET stop = start WHERE id = 12": "passage",
    "UPDATE passages SET stop = stop - 1 WHERE id = 12": "passage",
    "UPDATE passages SET paragraph = 9 WHERE id = 12": "passage",
    "UPDATE passages SET digest = (SELECT digest FROM passages WHERE id = 14) WHERE id = 12":
        "passage",
    "DELETE FROM passages WHERE id = 12": "passage",
    "INSERT INTO passages VALUES (900, 900, 1, 0, 9, x'00', 1)": "passage",
    "UPDATE vectors SET vector = x'007e' || substr(vector, 3) WHERE number = 9": "vector",
    "UPDATE vectors SET vector = x'007c' || substr(vector, 3) WHERE number = 9": "vector",
    "UPDATE vectors SET vector = x'0045' || substr(vector, 3) WHERE number = 9": "vector",
    "UPDATE vectors SET vector = substr(vector, 3) WHERE number = 9": "vector",
    "UPDATE vectors SET vector = 'text' WHERE number = 9": "vector",
    "DELETE FROM vectors WHERE number = 9": "queue",
    "INSERT INTO pending SELECT digest FROM vectors WHERE number < 12": "queue",
    "INSERT INTO pending VALUES (x'0102')": "queue",
    "INSERT INTO vectors SELECT 900, x'0102', vector, 1 FROM vectors WHERE number = 9": "queue",
    "UPDATE facts SET value = 2 WHERE name = 'generation'": "generation",
    "DELETE FROM facts WHERE name = 'generation'": "generation",
    "UPDATE facts SET value = 'many' WHERE name = 'generation'": "generation",
    "UPDATE passages SET generation = 0 WHERE id = 12": "generation",
    "UPDATE vectors SET generation = 99 WHERE number = 9": "generation",
    "INSERT INTO removed VALUES (12, 2)": "generation",
    "INSERT INTO removed VALUES (70000, 2)": "generation",
}  # fmt: skip


@pytest.fixture(autouse=True)
def always_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a vectors file for few vectors too."""
    monkeypatch.setattr(vectors_module, "FEW", 0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library that has some history, its files, and copies of both."""
    folder = tmp_path_factory.mktemp("place")
    library, articles = folder / "library", folder / "articles"
    for n in range(8):
        write_txt(articles, f"a{n}", f"Words of alpha{n}.\n\n" + f"Beta{n} too, at length. " * 30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors_module, "FEW", 0)
        mirror(library, ScatteredEncoder(), articles)
        (articles / "a0.txt").unlink()
        write_txt(articles, "a1", "Words of alpha1, edited.")
        row = {"id": "j", "date": "2022-03-29", "text": "Dated words."}
        write_jsonl(articles / "j.jsonl", [row])
        mirror(library, ScatteredEncoder(), articles)
    report = verify(library, Reporter())
    assert (report.lines(), report.left_over) == ([], [])
    assert report.checked["vector index"] == report.checked["passages"] > 20
    shutil.copytree(library, folder / "kept library")
    shutil.copytree(articles, folder / "kept articles")
    return folder


@pytest.fixture
def articles(place: Path) -> Path:
    """The files, always in the same place, which the library knows them by."""
    shutil.rmtree(place / "articles")
    shutil.copytree(place / "kept articles", place / "articles")
    return place / "articles"


@pytest.fixture
def made(place: Path) -> Path:
    """The library."""
    shutil.rmtree(place / "library")
    shutil.copytree(place / "kept library", place / "library")
    return place / "library"


def damage(library: Path, *statements: str) -> None:
    connection = truth(library)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def found(library: Path) -> Report:
    """What is wrong, each told in one line that can be printed."""
    report = verify(library, Reporter())
    for line in report.lines():
        assert line.isprintable()
    return report


def mended(library: Path, encoder: ScatteredEncoder) -> Repaired:
    done = repair(library, encoder, Reporter())
    assert (done.after.lines(), done.after.left_over) == ([], [])
    assert found(library).ok
    return done


@pytest.mark.parametrize("statement", SQL)
def test_what_is_wrong_in_the_truth_is_found_and_mended(
    made: Path, articles: Path, scattered: ScatteredEncoder, statement: str
) -> None:
    before = contents(made)
    damage(made, statement)
    report = found(made)
    assert SQL[statement] in report.problems
    done = mended(made, scattered)
    assert done.before.lines() == report.lines()
    mirror(made, scattered, articles)  # brings in what was taken out
    after = contents(made)
    if "Another" not in statement:
        assert after == before
    assert len(scattered.encoded) < 10
    answerer = answerer_of(made, scattered, 0.0)
    for n in range(1, 8):
        assert answerer.ask(f"alpha{n}").quotes[0].article.id == f"a{n}"
    answerer.close()
    assert found(made).ok


def test_a_running_process_sees_what_was_mended(made: Path, scattered: ScatteredEncoder) -> None:
    answerer = answerer_of(made, scattered, 0.0)
    wanted = {
        f"alpha{n}": [quote.text for quote in answerer.ask(f"alpha{n}", top=50).quotes]
        for n in range(1, 8)
    }
    damage(
        made,
        "UPDATE vectors SET vector = zeroblob(32) WHERE number % 3 = 1",
        "UPDATE vectors SET vector = x'0045' || substr(vector, 3) WHERE number % 3 = 2",
        "DELETE FROM pending",
    )
    mended(made, scattered)
    for question, texts in wanted.items():
        again = [quote.text for quote in answerer.ask(question, top=50).quotes]
        assert again[0] == texts[0]
        assert sorted(again) == sorted(set(again))
    answerer.close()


def test_a_lost_text_is_read_again_from_its_file_or_told(
    made: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    before = contents(made)
    damage(made, "UPDATE articles SET text = text || '?' WHERE id IN ('a2', 'a3')")
    kept = (articles / "a3.txt").read_bytes()
    (articles / "a3.txt").unlink()
    done = repair(made, scattered, Reporter())
    assert {(each.article, each.taken_out) for each in done.lost} == {("a2", True), ("a3", False)}
    assert done.after.problems.keys() == {"article"}
    assert done.after.count == 1
    assert "a3: its text does not match its hash" in done.after.lines()[0]
    (articles / "a3.txt").write_bytes(kept)
    mended(made, scattered)
    summary, _ = mirror(made, scattered, articles)
    assert summary.added == 2
    assert contents(made) == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def turn_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x40
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [cut, turn_a_byte, Path.unlink])
@pytest.mark.parametrize("suffix", ["idx", "term", "fast", "fieldnorm", "del", "json"])
def test_a_damaged_file_of_the_word_index_is_found_and_made_anew(
    made: Path, scattered: ScatteredEncoder, suffix: str, harm: Callable[[Path], None]
) -> None:
    words = current_edition(made).words
    for path in words.glob("meta.json" if suffix == "json" else f"*.{suffix}"):
        harm(path)
    report = found(made)
    assert "word index" in report.problems or report.left_over
    mended(made, scattered)
    assert scattered.encoded == []


def test_half_a_file_that_a_killed_writer_left_is_nothing_wrong(
    made: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    words = current_edition(made).words
    (segment, *_) = words.glob("*.idx")
    (words / f"{segment.stem}.123456.del").write_bytes(b"half")
    assert found(made).ok


@pytest.mark.parametrize("position", [0.3, 0.6, 0.97])
def test_a_damaged_vector_file_is_found_and_made_anew(
    made: Path, scattered: ScatteredEncoder, position: float
) -> None:
    (path,) = current_edition(made).vectors.glob("*.faiss")
    data = bytearray(path.read_bytes())
    data[int(position * len(data))] ^= 0x40
    path.write_bytes(data)
    assert "vector index" in found(made).problems
    mended(made, scattered)
    assert scattered.encoded == []


def test_a_cache_of_another_state_is_found(
    made: Path, articles: Path, tmp_path: Path, scattered: ScatteredEncoder
) -> None:
    edition = current_edition(made)
    shutil.copytree(edition.folder, tmp_path / "older")
    write_txt(articles, "a9", "Words of alpha9.")
    (articles / "a2.txt").unlink()
    mirror(made, scattered, articles)
    shutil.copytree(edition.folder, tmp_path / "newer")
    for cache in (edition.words, edition.vectors):
        shutil.rmtree(cache)
        shutil.copytree(tmp_path / "older" / cache.name, cache)
    report = found(made)  # behind, which is nothing wrong
    assert (report.lines(), report.left_over) == ([], ["the word index is behind the articles"])
    shutil.rmtree(edition.folder)
    shutil.copytree(tmp_path / "older", edition.folder)
    for cache in (edition.words, edition.vectors):
        shutil.rmtree(cache)
        shutil.copytree(tmp_path / "newer" / cache.name, cache)
    assert found(made).problems.keys() == {"word index", "vector index"}
    mended(made, scattered)


def test_sqlites_own_damage_is_found_and_an_index_of_it_mended(
    made: Path, scattered: ScatteredEncoder
) -> None:
    connection = truth(made)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("CREATE INDEX other ON passages (start)")
    connection.execute(
        "UPDATE sqlite_master SET sql = 'CREATE INDEX other ON passages (stop)'"
        " WHERE name = 'other'"
    )
    connection.close()
    report = found(made)
    assert report.problems["database"].count > 5
    assert len(report.lines()) <= 7
    mended(made, scattered)


def test_damaged_pages_never_end_in_anything_but_a_line(
    made: Path, scattered: ScatteredEncoder
) -> None:
    damage(made, "PRAGMA wal_checkpoint(TRUNCATE)")
    path = current_edition(made).truth
    whole = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - not for secrets
    told = 0
    for page in range(1, len(whole) // 4096):
        noise = chance.choice([b"\x5a" * 4096, chance.randbytes(4096), b"\0" * 4096])
        path.write_bytes(whole[: page * 4096] + noise + whole[(page + 1) * 4096 :])
        for rest in path.parent.glob("truth.sqlite-*"):
            rest.unlink()
        told += not found(made).ok
    assert told > 10


def test_while_others_write_it_looks_at_one_state(
    made: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    seen: list[str] = []

    def write_on(stage: str, done: int, total: int) -> None:
        if not seen or seen[-1] != stage:
            seen.append(stage)
            write_txt(articles, f"b{len(seen)}", "More words. " * 90)
            (articles / f"a{len(seen) + 1}.txt").unlink()
            mirror(made, scattered, articles)

    report = verify(made, Reporter(progress=write_on))
    assert report.ok, report.lines()
    assert len(seen) == 4


def test_looking_writes_nothing_and_needs_no_lock(made: Path) -> None:
    def state() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in made.rglob("*")
            if path.is_file() and path.suffix != ".sqlite-shm"
        }

    damage(made, "DELETE FROM passages WHERE id = 12")
    with LocalWriter(made):
        before = state()
        assert not found(made).ok
        assert state() == before


def test_what_killed_runs_left_is_cleared_away(made: Path, scattered: ScatteredEncoder) -> None:
    vectors = current_edition(made).vectors
    (vectors / "3.12345").write_bytes(b"half")
    (vectors / "1-2.faiss").write_bytes(b"old")
    (made / "2" / "words").mkdir(parents=True)
    report = found(made)
    assert report.ok
    assert len(report.left_over) == 3
    mended(made, scattered)
    assert len([*vectors.iterdir()]) == 1
    assert not (made / "2").exists()


def test_a_repair_is_refused_where_an_indexing_run_would_be(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.library.local.lock.PATIENCE", 0.05)
    with LocalWriter(made), pytest.raises(LockedError, match="is writing"):
        repair(made, ScatteredEncoder(), Reporter())
    with pytest.raises(MismatchError, match="another@2"):
        repair(made, ScatteredEncoder("another@2"), Reporter())
    with pytest.raises(NotALibraryError):
        verify(made / "no", Reporter())
    with pytest.raises(NotALibraryError):
        repair(made / "no", ScatteredEncoder(), Reporter())
    assert not (made / "no").exists()


def test_of_much_that_is_wrong_a_little_is_told(made: Path) -> None:
    damage(made, "UPDATE vectors SET vector = x'00'")
    report = found(made)
    assert report.problems["vector"].count > 15
    assert len([line for line in report.lines() if line.startswith("vector: ")]) == 6
    assert report.lines()[5].startswith("vector: and ")
