"""The files of the index of vectors: exact or in cells, they grow, shrink, and are made anew."""

import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.library.local.indexes import vector_files
from retrieval.library.local.indexes import vectors as vectors_module
from retrieval.library.local.indexes.vector_formats import ExactVectors, IvfVectors, read
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.verify.check import verify
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from tests.support.articles import article, build, mirror
from tests.support.encoders import ScatteredEncoder

MANY = 300
LIMIT = 20
SOME = np.ones((1, 32), dtype=np.float32)


class SubjectEncoder(ScatteredEncoder):
    """What is said of one subject, a number, points in about the same direction."""

    dimension = 32

    def _vector(self, text: str) -> NDArray[np.float32]:
        found = re.search(r"of (\d+)\b", text)
        subject = np.random.default_rng(int(found[1]) if found else 0)
        direction = subject.standard_normal(self.dimension).astype(np.float32)
        return direction + 0.7 * super()._vector(text)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files for few vectors, and cells for few hundred."""
    monkeypatch.setattr(vectors_module, "FEW", 10)
    monkeypatch.setattr(vectors_module, "MANY", MANY)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 2,000 passages, whose index is in cells."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors_module, "MANY", MANY)
        patch.setattr(vectors_module, "FEW", 10)
        return add(tmp_path_factory.mktemp("large") / "library", range(40))


@pytest.fixture
def copied(large: Path, tmp_path: Path) -> Path:
    return shutil.copytree(large, tmp_path / "library")


def add(library: Path, numbers: range) -> Path:
    """Add articles of 50 passages each."""
    filler = " and so on" * 20  # so long that no two of them are one passage
    made = [
        article(f"a{n}", "\n\n".join(f"Words of {n}, part {m}{filler}." for m in range(50)))
        for n in numbers
    ]
    return build(library, SubjectEncoder(), made)


def remove(library: Path, numbers: range) -> None:
    with LocalWriter(library) as writer, writer.commit() as change:
        for n in numbers:
            assert change.remove(f"a{n}")
    mirror(library, SubjectEncoder())


def saved(library: Path) -> list[Path]:
    """The files, the oldest first; there is nothing else."""
    chain = vector_files.chain(library / "1" / "vectors")
    assert sorted(chain) == sorted((library / "1" / "vectors").iterdir())
    return chain


class Asked:
    """An index beside all that is true of it."""

    def __init__(self, library: LocalReader, index: VectorIndex) -> None:
        self.index = index
        stored = library.vectors_of(library.passages_within().tolist())
        self.ids = np.array(sorted(stored), dtype=np.int64)
        self._vectors = np.array([stored[int(n)] for n in self.ids], dtype=np.float32)

    def holds_all(self) -> bool:
        """Whether each passage can be found, and once."""
        thirds = [self.ids[n::3] for n in range(3)]
        found = [self.index.search(SOME, 10_000, only).ids for only in thirds]
        return all(
            sorted(ids.tolist()) == only.tolist() for ids, only in zip(found, thirds, strict=True)
        )

    def recall(
        self,
        only: NDArray[np.int64] | None = None,
        without: NDArray[np.int64] | None = None,
        asked: int = 40,
    ) -> float:
        """How many of the nearest it finds, of the passages chosen; it finds no others."""
        chosen = np.isin(self.ids, self.ids if only is None else only)
        chosen &= ~np.isin(self.ids, [] if without is None else without)
        ids, vectors = self.ids[chosen], self._vectors[chosen]
        found = 0
        for n in range(asked):
            question = SubjectEncoder().encode_query(f"question of {n}")
            hits = self.index.search(question, LIMIT, only, without)
            cosines = dict(zip(ids.tolist(), (vectors @ question[0]).tolist(), strict=True))
            assert len(set(hits.ids.tolist())) == len(hits.ids) == min(LIMIT, len(ids))
            # What is found is told with its cosine, the best first, whatever kind found it.
            told = [cosines[number] for number in hits.ids.tolist()]
            np.testing.assert_allclose(hits.scores, told, atol=2e-3)
            assert told == sorted(told, reverse=True) or np.all(np.diff(hits.scores) <= 0)
            best = ids[np.argsort(-(vectors @ question[0]))[:LIMIT]]
            found += len(np.intersect1d(best, hits.ids))
        return found / (asked * max(1, min(LIMIT, len(ids))))


@contextmanager
def asking(library: Path, folder: str = "vectors") -> Iterator[Asked]:
    """An index that was opened, and has caught up, as who asks has it."""
    with closing(LocalReader(library)) as opened, opened.snapshot():
        index = VectorIndex(library / "1" / folder, SubjectEncoder.dimension)
        index.catch_up(opened)
        yield Asked(opened, index)


def test_many_vectors_are_in_cells_and_nearly_all_of_the_nearest_are_found(large: Path) -> None:
    (path,) = saved(large)
    assert isinstance(read(path), IvfVectors)
    with asking(large) as asked:
        assert len(asked.ids) == 2_000
        assert asked.holds_all()
        assert asked.recall() > 0.9


def test_few_vectors_are_all_looked_at(library: Path) -> None:
    (path,) = saved(add(library, range(MANY // 50)))
    assert isinstance(read(path), ExactVectors)
    with asking(library) as asked:
        assert asked.recall() == 1.0


@pytest.mark.parametrize("kept", [1, 15, 100, 400])
def test_of_few_chosen_passages_nearly_all_are_found(large: Path, kept: int) -> None:
    with asking(large) as asked:
        only = np.random.default_rng(kept).permutation(asked.ids)[:kept]
        assert asked.recall(only) > 0.95
        assert asked.recall(None, np.setdiff1d(asked.ids, only)) > 0.95
        assert asked.recall(asked.ids[:kept]) > 0.95  # of one subject, or few
        assert len(asked.index.search(SOME, 5, only[:0]).ids) == 0


def test_of_half_of_the_passages_nearly_all_are_found(large: Path) -> None:
    with asking(large) as asked:
        assert asked.recall(asked.ids[::2]) > 0.95
        assert asked.recall(None, asked.ids[::2]) > 0.95


def test_adding_and_removing_rewrites_no_large_file(copied: Path) -> None:
    (path,) = saved(copied)
    before = path.stat()
    for n in range(40, 44):
        add(copied, range(n, n + 1))
    remove(copied, range(2, 5))
    assert saved(copied)[0] == path
    assert path.stat() == before or path.stat().st_mtime_ns == before.st_mtime_ns
    with asking(copied) as asked:
        assert len(asked.ids) == 2_000 + 4 * 50 - 3 * 50
        assert asked.holds_all()
        assert asked.recall() > 0.9
    assert verify(copied, Reporter()).ok


def test_it_grows_from_one_kind_into_the_other_in_few_files(library: Path) -> None:
    kinds = set()
    for n in range(40):
        add(library, range(n, n + 1))
        paths = saved(library)
        kinds.add(type(read(paths[0])))
        assert len(paths) <= 4
        held = np.concatenate([read(path).ids() for path in paths])
        assert len(held) == len(np.unique(held)) == 50 * (n + 1)
    assert kinds == {ExactVectors, IvfVectors}
    with asking(library) as asked:
        assert asked.recall() > 0.9
    report = verify(library, Reporter())
    assert report.ok
    assert report.checked["vector index"] == 2_000


def test_what_went_is_left_out_and_much_of_it_is_no_longer_kept(copied: Path) -> None:
    (path,) = saved(copied)
    remove(copied, range(4))
    assert saved(copied) == [path]
    remove(copied, range(4, 12))
    assert saved(copied) != [path]
    assert sum(read(each).index.ntotal for each in saved(copied)) == 28 * 50
    with asking(copied) as asked:
        assert asked.recall() > 0.9
    remove(copied, range(12, 40))
    assert saved(copied) == []
    with asking(copied) as asked:
        assert len(asked.index.search(SOME, 9, None).ids) == 0


def test_a_reader_goes_over_to_files_that_another_process_wrote(library: Path) -> None:
    add(library, range(2))
    reader = LocalReader(library)
    index = VectorIndex(library / "1" / "vectors", SubjectEncoder.dimension)
    for n in range(2, 12):
        add(library, range(n, n + 1))
        with reader.snapshot():
            index.catch_up(reader)
            assert Asked(reader, index).holds_all()
    add(library, range(12, 13))
    with reader.snapshot():
        index.catch_up(reader)
    assert index._later.index.ntotal <= 50  # not all that came since it was opened
    reader.close()


@pytest.mark.parametrize("harmed", [0, 1])
def test_files_that_are_damaged_or_gone_are_made_anew(copied: Path, harmed: int) -> None:
    add(copied, range(40, 41))
    paths = saved(copied)
    assert len(paths) == 2
    for harm in (Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-5000])):
        harm(saved(copied)[harmed])
        with asking(copied) as asked:
            assert len(asked.ids) == 2_050
            assert asked.holds_all()
        mirror(copied, SubjectEncoder())
        assert sum(read(path).index.ntotal for path in saved(copied)) == 2_050
        with asking(copied) as asked:
            assert asked.recall() > 0.9


def test_a_changed_byte_of_cells_is_found(copied: Path) -> None:
    (path,) = saved(copied)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "vector index" in verify(copied, Reporter()).problems


_SAVES = """
import sys
from pathlib import Path
from retrieval.library.local.indexes import vectors
from tests.retrieval.library.local.indexes.test_vector_files import add
vectors.FEW, vectors.MANY = 10, 60
for n in range(int(sys.argv[2]), 1000):
    add(Path(sys.argv[1]), range(n, n + 1))
    print(n, flush=True)
"""


def test_killed_while_it_writes_it_is_as_it_was_or_as_it_will_be(library: Path) -> None:
    chance, done = random.Random(5), 0  # noqa: S311 - not for secrets
    for _ in range(6):
        command = [sys.executable, "-c", _SAVES, str(library), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(chance.randint(1, 4)):
                done = 1 + int(process.stdout.readline())
            time.sleep(chance.random() / 8)
            process.send_signal(signal.SIGKILL)
        with asking(library) as asked, asking(library, "nowhere") as anew:
            assert len(asked.ids) >= 50 * done
            assert asked.holds_all()
            assert anew.holds_all()
        mirror(library, SubjectEncoder())
        assert saved(library)
        assert verify(library, Reporter()).ok
