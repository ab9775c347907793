"""The file between two libraries: whole or not there, and never believed when it is damaged."""

import errno
import gzip
import json
import os
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from retrieval.errors import DamagedError, LibraryError, MismatchError
from retrieval.ingest.folder_sync import Pace
from retrieval.ingest.index import index
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library
from tests.support.articles import article, build, contents, write_jsonl
from tests.support.encoders import ScatteredEncoder

TEXTS = ["The bridge is closed.", "Þóra bakes 🥐 every morning.\n\nNobody knows why.", "x " * 900]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    articles = [article(f"n{n}", text, date="2021-01-01") for n, text in enumerate(TEXTS)]
    return build(tmp_path / "library", ScatteredEncoder(), articles)


@pytest.fixture
def exported(library: Path, tmp_path: Path) -> Path:
    export_library(library, tmp_path / "file.gz", Reporter())
    return tmp_path / "file.gz"


def lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def refusal(path: Path, content: bytes) -> LibraryError:
    """What is said of a file with this content; nothing may have been made of it."""
    path.write_bytes(content)
    library = path.parent / "other"
    with pytest.raises(LibraryError) as refused:
        import_library(path, library, Reporter())
    assert not library.exists()
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)
    return refused.value


def test_it_tells_how_much_it_wrote_and_leaves_nothing_else(library: Path, tmp_path: Path) -> None:
    done = export_library(library, tmp_path / "file.gz", Reporter())
    assert (done.articles, done.files) == (3, 0)
    assert done.passages == len(contents(library)["passages"])
    assert {path.name for path in tmp_path.iterdir()} == {"library", "file.gz"}
    import_library(tmp_path / "file.gz", tmp_path / "other", Reporter())
    assert contents(tmp_path / "other") == contents(library)


def test_the_file_is_lines_of_json(exported: Path) -> None:
    first, *articles, last = [json.loads(line) for line in lines(exported)]
    assert first == {
        "quoth export": 1, "encoder": "readable@1", "dimension": 16, "numbers": "float16",
    }  # fmt: skip
    assert [each["text"] for each in articles] == TEXTS
    assert last["end"]["articles"] == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_file_of_which_a_byte_is_another_is_refused(exported: Path, data: st.DataObject) -> None:
    content = exported.read_bytes()
    # The first ten bytes are gzip's own, and say nothing of what is in it.
    where = data.draw(st.integers(10, len(content) - 1))
    other = content[where] ^ data.draw(st.integers(1, 255))
    damaged = content[:where] + bytes([other]) + content[where + 1 :]
    # A few bits between two blocks say nothing either.
    with suppress(OSError, EOFError, zlib.error):
        assume(gzip.decompress(damaged) != gzip.decompress(content))
    refusal(exported.with_name("damaged"), damaged)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_file_that_is_cut_short_is_refused(exported: Path, data: st.DataObject) -> None:
    content = exported.read_bytes()
    refusal(exported.with_name("cut"), content[: data.draw(st.integers(0, len(content) - 1))])


def test_a_file_of_which_a_line_is_gone_is_refused(exported: Path) -> None:
    whole = lines(exported)
    for gone in range(len(whole)):
        content = gzip.compress(b"".join(whole[:gone] + whole[gone + 1 :]))
        refusal(exported.with_name("less"), content)
    told = refusal(exported.with_name("less"), gzip.compress(b"".join(whole[:-1])))
    assert isinstance(told, DamagedError)
    assert str(told).endswith("cut short; export it again, or copy it again")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut short"),
        (b"no gzip", "not a file that quoth export wrote"),
        (gzip.compress(b""), "cut short"),
        (gzip.compress(b'{"id": "a", "text": "b"}\n'), "not a file that quoth export wrote"),
        (gzip.compress(b"[1]\n"), "not a file that quoth export wrote"),
    ],
)
def test_what_is_something_else_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in str(refusal(tmp_path / "file", content))


def test_what_a_newer_quoth_wrote_is_refused(exported: Path) -> None:
    first, *rest = lines(exported)
    newer = first.replace(b'"quoth export": 1', b'"quoth export": 2')
    told = refusal(exported.with_name("newer"), gzip.compress(newer + b"".join(rest)))
    assert isinstance(told, MismatchError)
    assert "a newer Quoth wrote it" in str(told)


def test_what_is_not_there_or_may_not_be_read_is_named(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "none", "cannot be read (No such file or directory)"),
        (tmp_path, "cannot be read (Is a directory)"),
    ):
        with pytest.raises(LibraryError) as refused:
            import_library(path, tmp_path / "other", Reporter())
        assert str(refused.value) == f"{path}: {said}"


def test_a_file_that_is_there_is_not_written_over(library: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(LibraryError, match="mine: there already; name another file"):
        export_library(library, tmp_path / "mine", Reporter())
    assert (tmp_path / "mine").read_text() == "mine"
    with pytest.raises(LibraryError, match=r"cannot be written \(No such file or directory\)"):
        export_library(library, tmp_path / "no" / "folder", Reporter())


def test_an_export_that_fails_leaves_no_file(library: Path, tmp_path: Path) -> None:
    def fail(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    many = [article(f"m{n}", "Some words.") for n in range(200)]
    build(library, ScatteredEncoder(), many)
    with pytest.raises(KeyboardInterrupt):
        export_library(library, tmp_path / "file", Reporter(progress=fail))
    assert [*tmp_path.iterdir()] == [library]


def test_a_full_disk_is_told(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(stream: gzip.GzipFile, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(gzip.GzipFile, "write", write)
    with pytest.raises(LibraryError) as refused:
        export_library(library, tmp_path / "file", Reporter())
    said = "cannot be written (No space left on device)"
    assert str(refused.value) == f"{tmp_path / 'file'}: {said}"
    assert [*tmp_path.iterdir()] == [library]


def test_what_is_not_encoded_yet_or_empty_is_not_exported(tmp_path: Path) -> None:
    library = tmp_path / "library"
    file = write_jsonl(tmp_path / "a.jsonl", [{"id": "a", "title": "A", "text": "Some words."}])
    index([file], library, ScatteredEncoder(), Reporter(), Pace(enough=lambda: True))
    with pytest.raises(LibraryError, match="1 passages have no vector yet; run: quoth index"):
        export_library(library, tmp_path / "file", Reporter())
    LocalWriter(tmp_path / "empty").__enter__().__exit__(None, None, None)
    with pytest.raises(LibraryError, match="empty: holds no articles to export"):
        export_library(tmp_path / "empty", tmp_path / "file", Reporter())
    with pytest.raises(LibraryError, match="no library there; run: quoth index"):
        export_library(tmp_path / "none", tmp_path / "file", Reporter())
    assert not (tmp_path / "file").exists()
