"""Stopped after any one commit, the next run comes to the same end: every gap, one by one."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from retrieval.errors import MismatchError, NotALibraryError
from retrieval.library.local import batches, write_session
from retrieval.library.local import rebuild as rebuilding
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.rebuild import rebuild
from retrieval.library.local.transaction import LocalTransaction
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.models.encoder.base import Progress, Vectors
from tests.support.articles import answerer_of, contents, ids, mirror, write_txt
from tests.support.encoders import ScatteredEncoder


class Stopped(BaseException):
    """Like a kill, nothing in between catches it."""


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BATCH_CHARACTERS", 100)
    monkeypatch.setattr(write_session, "_ENCODED_TOGETHER", 2)


def stop_after(monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Have the commit after so many others acknowledged, and nothing after it happen."""
    left = [commits]
    commit = LocalWriter.commit

    @contextlib.contextmanager
    def counted(writer: LocalWriter) -> Iterator[LocalTransaction]:
        with commit(writer) as change:
            yield change
        if not left[0]:
            raise Stopped
        left[0] -= 1

    monkeypatch.setattr(LocalWriter, "commit", counted)


@pytest.mark.usefixtures("small_batches")
def test_stopped_after_each_commit_in_turn(
    tmp_path: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    for n in range(6):
        write_txt(articles, f"a{n}", f"Words of alpha{n} and so on. " * 3)
    mirror(tmp_path / "first", scattered, articles)
    (articles / "a0.txt").unlink()
    (articles / "a1.txt").unlink()
    write_txt(articles, "a2", "Words of alpha2, edited.")
    write_txt(articles, "a9", "Words of alpha9. " * 30)
    shutil.copytree(tmp_path / "first", tmp_path / "whole")
    mirror(tmp_path / "whole", scattered, articles)
    wanted = contents(tmp_path / "whole")

    commits = 0
    while True:
        library = tmp_path / f"stopped{commits}"
        shutil.copytree(tmp_path / "first", library)
        with pytest.MonkeyPatch.context() as patch:
            stop_after(patch, commits)
            try:
                mirror(library, scattered, articles)
            except Stopped:
                pass
            else:
                break
        mirror(library, scattered, articles)
        assert contents(library) == wanted, f"stopped after commit {commits}"
        commits += 1
    assert commits > 5


@pytest.mark.usefixtures("small_batches")
def test_interrupted_encoding_goes_on_where_it_stopped(library: Path, articles: Path) -> None:
    class Flagging(ScatteredEncoder):
        def encode_passages(
            self, texts: Sequence[str], progress: Progress | None = None
        ) -> Vectors:
            if len(self.encoded) >= 4:
                raise Stopped
            return super().encode_passages(texts, progress)

    for n in range(7):
        write_txt(articles, f"a{n}", f"Words of alpha{n}.")
    flagging, fresh = Flagging(), ScatteredEncoder()
    with pytest.raises(Stopped):
        mirror(library, flagging, articles)
    reader = LocalReader(library)
    assert reader.pending() == 3
    reader.close()
    mirror(library, fresh, articles)
    assert len(flagging.encoded) == 4
    assert sorted(flagging.encoded + fresh.encoded) == [
        f"Title. Words of alpha{n}." for n in range(7)
    ]


def test_the_newest_articles_get_their_vectors_first(
    library: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    for day in (3, 1, 5, 2):
        (articles / f"d{day}.txt").write_text(f"date 2022-03-0{day} T\n\nWords of day {day}.\n")
    write_txt(articles, "undated", "Words of no day.", title="T")
    mirror(library, scattered, articles)
    assert [text[-6:-1] for text in scattered.encoded] == [
        "day 5", "day 3", "day 2", "day 1", "o day",
    ]  # fmt: skip


def test_a_rebuild_with_another_encoder_keeps_the_articles(
    library: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    for n in range(5):
        write_txt(articles, f"a{n}", f"Words of alpha{n}.")
    mirror(library, scattered, articles)
    before = contents(library)
    other = ScatteredEncoder("another@2")
    with pytest.raises(MismatchError):
        mirror(library, other, articles)
    told: list[tuple[str, int, int]] = []
    assert rebuild(library, other, Reporter(progress=lambda *step: told.append(step))) == 5
    assert ("Copying", 5, 5) in told
    assert len(other.encoded) == 5
    after = contents(library)
    assert after == before
    answerer = answerer_of(library, other, 0.0)
    assert answerer.ask("alpha3").quotes[0].article.id == "a3"
    answerer.close()
    with pytest.raises(MismatchError):
        answerer_of(library, scattered, 0.0)
    # The files are known: nothing is read or encoded again.
    assert mirror(library, other, articles)[0].unchanged == 5
    assert len(other.encoded) == 5


def test_a_rebuild_takes_what_another_wrote_until_it_held_the_lock(
    library: Path, articles: Path, scattered: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_txt(articles, "a", "Words of alpha.")
    mirror(library, scattered, articles)

    def after_another(path: Path, *, afresh: bool) -> LocalWriter:
        monkeypatch.undo()
        rebuild(path, scattered, Reporter())
        write_txt(articles, "b", "Words of beta.")
        mirror(path, scattered, articles)
        return LocalWriter(path, afresh=afresh)

    monkeypatch.setattr(rebuilding, "LocalWriter", after_another)
    assert rebuild(library, ScatteredEncoder("another@2"), Reporter()) == 2
    assert ids(library) == {"a", "b"}


def test_a_rebuild_of_no_library_makes_nothing(tmp_path: Path, scattered: ScatteredEncoder) -> None:
    with pytest.raises(NotALibraryError, match="no library there; run: quoth index"):
        rebuild(tmp_path / "library", scattered, Reporter())
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_rebuild_leaves_the_old_one(
    library: Path, articles: Path, scattered: ScatteredEncoder
) -> None:
    for n in range(5):
        write_txt(articles, f"a{n}", f"Words of alpha{n}.")
    mirror(library, scattered, articles)
    before = contents(library)
    commits = 0
    while True:
        with pytest.MonkeyPatch.context() as patch:
            stop_after(patch, commits)
            try:
                rebuild(library, ScatteredEncoder("another@2"), Reporter())
            except Stopped:
                commits += 1
            else:
                break
        assert contents(library) == before
        answerer = answerer_of(library, scattered, 0.0)
        assert answerer.ask("alpha3").quotes[0].article.id == "a3"
        answerer.close()
    assert commits >= 3
    assert ids(library) == {f"a{n}" for n in range(5)}
