"""A rebuild is checked before it answers, and the library before it can be gone back to."""

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval.errors import DamagedError, LibraryError, LockedError, MismatchError
from retrieval.library.local import folder, schema
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.rebuild import rebuild, roll_back
from retrieval.library.local.verify.check import verify
from retrieval.library.local.write_session import LocalSession
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.models.encoder.base import Progress, Vectors
from tests.support.articles import (
    answerer_of,
    article,
    build,
    contents,
    ids,
    mirror,
    truth,
    write_txt,
)
from tests.support.encoders import ScatteredEncoder


@pytest.fixture
def made(library: Path, articles: Path, scattered: ScatteredEncoder) -> Path:
    """A library of three files."""
    for name in ("a", "b", "c"):
        write_txt(articles, name, f"Words of {name}.")
    mirror(library, scattered, articles)
    scattered.encoded.clear()
    return library


def editions(library: Path) -> set[str]:
    return {path.name for path in library.iterdir() if path.is_dir()}


# Rebuilding


def test_a_rebuild_with_the_same_encoder_encodes_nothing(
    made: Path, scattered: ScatteredEncoder
) -> None:
    before = contents(made)
    rebuild(made, scattered, Reporter())
    assert scattered.encoded == []
    assert contents(made) == before


def test_a_vector_that_is_none_is_encoded_again(made: Path, scattered: ScatteredEncoder) -> None:
    before = contents(made)
    connection = truth(made)
    connection.execute("UPDATE vectors SET vector = x'007e' || substr(vector, 3) WHERE number = 1")
    connection.execute("UPDATE vectors SET vector = x'00' WHERE number = 2")
    connection.close()
    rebuild(made, scattered, Reporter())
    assert len(scattered.encoded) == 2
    assert contents(made) == before


class WrongEncoder(ScatteredEncoder):
    """One whose vectors are not of unit length."""

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return super().encode_passages(texts, progress) * 3


def test_what_came_out_wrong_does_not_answer(made: Path) -> None:
    before = contents(made)
    with pytest.raises(DamagedError, match=r"came out wrong \(vector: .*old one stays"):
        rebuild(made, WrongEncoder("wrong@1"), Reporter())
    assert contents(made) == before
    assert editions(made) == {"1"}
    assert folder.editions(made).previous is None


def test_a_library_of_an_older_schema_is_refused_until_it_is_rebuilt(
    made: Path, articles: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(made)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    uses = (
        lambda: LocalReader(made),
        lambda: LocalWriter(made),
        lambda: mirror(made, scattered, articles),
        lambda: verify(made, Reporter()),
        lambda: answerer_of(made, scattered, 0.0),
    )
    for use in uses:
        with pytest.raises(MismatchError, match="made by an older Quoth; run: quoth index --reb"):
            use()
    rebuild(made, scattered, Reporter())
    assert (contents(made), scattered.encoded) == (before, [])
    assert verify(made, Reporter()).ok
    with pytest.raises(MismatchError, match="made by an older Quoth"):
        roll_back(made)
    assert contents(made) == before
    assert folder.current_edition(made).name == "2"


# Going back


def test_without_a_rebuild_there_is_nothing_to_go_back_to(
    made: Path, scattered: ScatteredEncoder
) -> None:
    with pytest.raises(LibraryError, match="no earlier edition to go back to") as error:
        roll_back(made)
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(LibraryError, match="no library there"):
        roll_back(made / "nowhere")
    assert not (made / "nowhere").exists()


def test_going_back_and_forth(made: Path, scattered: ScatteredEncoder) -> None:
    other = ScatteredEncoder("another@2")
    before = contents(made)
    rebuild(made, other, Reporter())
    for edition, encoder in (("1", scattered), ("2", other), ("1", scattered)):
        now = roll_back(made)
        assert (now.edition, now.encoder, now.state.articles) == (edition, encoder.identity, 3)
        assert contents(made) == before
        answerer = answerer_of(made, encoder, 0.0)
        assert answerer.ask("words of b").quotes[0].article.id == "b"
        answerer.close()
    assert verify(made, Reporter()).ok


def test_what_came_since_comes_in_again(
    made: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    rebuild(made, scattered, Reporter())
    write_txt(articles, "a", "Other words of a.")
    (articles / "b.txt").unlink()
    write_txt(articles, "d", "Words of d.")
    mirror(made, scattered, articles)
    wanted = contents(made)
    roll_back(made)
    assert ids(made) == {"a", "b", "c"}
    summary, problems = mirror(made, scattered, articles)
    assert (summary.added, summary.updated, summary.removed, summary.unchanged) == (1, 1, 1, 1)
    assert (contents(made), problems) == (wanted, [])


def test_a_process_that_asks_goes_over_to_what_answers(
    made: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    answerer = answerer_of(made, scattered, 0.0)
    rebuild(made, scattered, Reporter())
    write_txt(articles, "new", "Fresh zebra words.")
    mirror(made, scattered, articles)
    assert answerer.ask("zebra").quotes[0].article.id == "new"
    roll_back(made)
    assert answerer.ask("zebra").library.articles == 3
    roll_back(made)
    assert answerer.ask("zebra").quotes[0].article.id == "new"
    for _ in range(2):  # the edition that it has open is taken away under it
        rebuild(made, scattered, Reporter())
    assert answerer.ask("zebra").quotes[0].article.id == "new"
    answerer.close()


def test_asking_goes_on_through_rebuilds_and_rollbacks(
    made: Path, scattered: ScatteredEncoder
) -> None:
    answerer = answerer_of(made, scattered, 0.0)
    done = threading.Event()

    def change() -> None:
        try:
            for _ in range(6):
                rebuild(made, ScatteredEncoder(), Reporter())
                for _ in range(5):
                    roll_back(made)
        finally:
            done.set()

    thread = threading.Thread(target=change)
    thread.start()
    asked = 0
    while not done.is_set():
        assert answerer.ask("words of b").quotes[0].article.id == "b"
        asked += 1
    thread.join()
    answerer.close()
    assert asked
    assert verify(made, Reporter()).ok


def test_one_edition_is_kept_until_the_next_rebuild_begins(
    made: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for last in (2, 3, 4):
        rebuild(made, scattered, Reporter())
        assert editions(made) == {str(last - 1), str(last)}
    roll_back(made)

    def looked_at(*_: object) -> None:
        assert editions(made) == {"3", "5"}
        assert folder.editions(made).previous is None
        raise KeyError

    monkeypatch.setattr(LocalSession, "catch_up", looked_at)
    with pytest.raises(KeyError):
        rebuild(made, scattered, Reporter())
    assert editions(made) == {"3"}  # what was not finished takes no room
    with pytest.raises(LibraryError, match="no earlier edition"):
        roll_back(made)


def test_what_a_killed_rebuild_left_is_never_gone_back_to(
    made: Path, scattered: ScatteredEncoder
) -> None:
    shutil.copytree(made / "1", made / "2")  # looks whole, but no marker says so
    shutil.copytree(made / "1", made / "7.gone")
    (made / "quoth.json.4711").write_text("{")
    report = verify(made, Reporter())
    assert report.ok
    assert len(report.left_over) == 3
    with pytest.raises(LibraryError, match="no earlier edition"):
        roll_back(made)
    with LocalWriter(made):
        assert editions(made) == {"1"}
    assert not verify(made, Reporter()).left_over


def test_a_folder_that_somebody_put_there_stays(made: Path, scattered: ScatteredEncoder) -> None:
    (made / "2021").mkdir()
    (made / "2021" / "notes.txt").write_text("mine")
    rebuild(made, scattered, Reporter())
    rebuild(made, scattered, Reporter())
    assert (made / "2021" / "notes.txt").read_text() == "mine"
    assert contents(made)


def test_a_marker_without_a_previous_edition_is_read(
    made: Path, scattered: ScatteredEncoder
) -> None:
    """As the first Quoth wrote it."""
    rebuild(made, scattered, Reporter())
    (made / "quoth.json").write_text(json.dumps({"format": 1, "edition": "2"}))
    assert ids(made) == {"a", "b", "c"}
    with pytest.raises(LibraryError, match="no earlier edition"):
        roll_back(made)


def test_nobody_goes_back_while_another_writes(
    made: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(made, scattered, Reporter())
    monkeypatch.setattr("retrieval.library.local.lock.PATIENCE", 0.05)
    with LocalWriter(made), pytest.raises(LockedError, match=r"process \d+ is writing"):
        roll_back(made)
    assert folder.current_edition(made).name == "2"


def test_an_edition_that_is_gone_is_not_gone_back_to_and_can_be_forgotten(
    library: Path, scattered: ScatteredEncoder
) -> None:
    build(library, scattered, [article("a", "Words.")])
    rebuild(library, scattered, Reporter())
    shutil.rmtree(library / "1")
    with pytest.raises(LibraryError, match="no earlier edition"):
        roll_back(library)
    assert "edition" in verify(library, Reporter()).problems
