"""Finding files, and what holds for every format."""

import os
import socket
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.documents.article import Article
from retrieval.documents.formats import find_files, read_file
from retrieval.errors import ReadingError

SEEDS = Path(__file__).parents[4] / "seeds"
SUFFIXES = (".txt", ".md", ".html", ".htm", ".jsonl", ".jsonl.gz")
Problem = Callable[[str, str | bytes], str]


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Title\n\nText.\n")


def found(root: Path) -> list[str]:
    """What is found below a root, errors as their messages."""
    return [
        str(item.relative_to(root)) if isinstance(item, Path) else str(item)
        for item in find_files(root)
    ]


def test_finds_every_readable_suffix_in_order_and_nothing_else(tmp_path: Path) -> None:
    touch(tmp_path, "b.txt", "a/z.md", "a/B.HTML", "c.htm", "d.jsonl", "e.jsonl.gz")
    touch(tmp_path, "f.json", "g.gz", "h", "i.txt.bak", "j.pdf")
    assert found(tmp_path) == ["a/B.HTML", "a/z.md", "b.txt", "c.htm", "d.jsonl", "e.jsonl.gz"]


def test_order_is_that_of_sorted_paths(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt", "a/c.txt", "a-b/d.txt", "a b.txt", "B.txt", "a/b/e.txt")
    paths = list(find_files(tmp_path))
    assert paths == sorted(p for p in paths if isinstance(p, Path))
    assert len(paths) == 6


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt", ".b.txt", ".git/c.txt", "d/.e/f.txt", ".txt")
    assert found(tmp_path) == ["a.txt"]


def test_a_hidden_root_that_was_asked_for_is_searched(tmp_path: Path) -> None:
    touch(tmp_path, ".notes/a.txt")
    assert found(tmp_path / ".notes") == ["a.txt"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    touch(tmp_path, "a/b.txt")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to("self")
    assert found(tmp_path) == ["a/b.txt"]


def test_folders_may_nest_deeper_than_pythons_stack(tmp_path: Path) -> None:
    touch(tmp_path, "d/" * 300 + "a.txt")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)  # a deeper tree could not be removed afterwards
    try:
        assert found(tmp_path) == ["d/" * 300 + "a.txt"]
    finally:
        sys.setrecursionlimit(limit)


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("gone.txt")
    (path,) = find_files(tmp_path)
    assert isinstance(path, Path)
    (error,) = read_file(path, tmp_path)
    assert str(error) == f"{path}: no such file or folder"


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), FileNotFoundError()])
def test_a_folder_that_cannot_be_searched_is_told_and_the_rest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    touch(tmp_path, "a/1.txt", "b/2.txt", "c.txt")
    scandir = os.scandir

    def refuse(path: Path) -> Any:
        if path == tmp_path / "a":
            raise error
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    reason = error.strerror or "FileNotFoundError"
    assert found(tmp_path) == [f"{tmp_path / 'a'}: cannot be read ({reason})", "b/2.txt", "c.txt"]


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    for name in ("nothing", "nothing.txt"):
        (error,) = find_files(tmp_path / name)
        assert isinstance(error, ReadingError)
        assert str(error) == f"{tmp_path / name}: no such file or folder"


def test_a_root_whose_name_is_too_long(tmp_path: Path) -> None:
    (error,) = find_files(tmp_path / ("x" * 300))
    assert isinstance(error, ReadingError)
    assert error.problem == "cannot be read (File name too long)"


def test_a_file_as_root(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    path = tmp_path / "a.txt"
    assert list(find_files(path)) == [path]
    (article,) = read_file(path, path)
    assert isinstance(article, Article)
    assert article.id == "a"


def test_an_unknown_suffix_names_those_that_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "a.pdf")
    for (error,) in (find_files(tmp_path / "a.pdf"), read_file(tmp_path / "a.pdf", tmp_path)):
        assert isinstance(error, ReadingError)
        assert all(suffix in error.problem.split() for suffix in SUFFIXES)


def test_ids_are_the_path_below_the_root(tmp_path: Path) -> None:
    touch(tmp_path, "2022/March/a  b\tc.d.TXT")
    (path,) = find_files(tmp_path)
    assert isinstance(path, Path)
    (below,) = read_file(path, tmp_path)
    (beside,) = read_file(path, tmp_path / "elsewhere")
    assert isinstance(below, Article)
    assert isinstance(beside, Article)
    assert below.id == "2022/March/a b c.d"
    assert beside.id == "a b c.d"


def test_a_relative_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "news/a.txt")
    monkeypatch.chdir(tmp_path)
    for root in (Path(), Path("news"), Path("../") / tmp_path.name):
        (path,) = find_files(root)
        assert isinstance(path, Path)
        (article,) = read_file(path, root)
        assert isinstance(article, Article)
        assert article.id == ("a" if root == Path("news") else "news/a")


def test_a_name_that_is_not_utf8_or_not_one_line(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9\nbar.txt"))
    odd.write_text("Title\n\nText.")
    (article,) = read_file(odd, tmp_path)
    assert isinstance(article, Article)
    assert article.id == r"caf\udce9 bar"
    odd.write_text("")
    (error,) = read_file(odd, tmp_path)
    assert str(error) == rf"{tmp_path}/caf\udce9\nbar.txt: empty"


def test_an_id_that_is_too_long(problem: Problem) -> None:
    name = "/".join(["x" * 100] * 3) + ".txt"
    assert problem(name, "T\n\nText.").endswith("'id' has 302 characters; at most 200")


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for name in ("pipe.txt", "folder.txt"):
        (error,) = read_file(tmp_path / name, tmp_path)
        assert str(error) == f"{tmp_path / name}: not a file"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_gone_or_that_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    (error,) = read_file(path, tmp_path)
    assert str(error) == f"{path}: no such file or folder"

    path.touch()
    monkeypatch.setattr("builtins.open", refused)
    (error,) = read_file(path, tmp_path)
    assert str(error) == f"{path}: cannot be read (Permission denied)"


def refused(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails to read")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_opens_and_then_cannot_be_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.symlink_to("/proc/self/mem")  # its first bytes are no one's: an input/output error
    (error,) = read_file(path, tmp_path)
    assert isinstance(error, ReadingError)
    assert error.place.removesuffix(":1") == str(path)
    assert error.problem == "cannot be read (Input/output error)"


@pytest.mark.parametrize("suffix", SUFFIXES[:-1])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \n\r\n\t\n"])
def test_an_empty_file(problem: Problem, suffix: str, content: bytes) -> None:
    assert problem(f"a{suffix}", content) == f"a{suffix}: empty"


@pytest.mark.parametrize("suffix", SUFFIXES[:4])
def test_bytes_that_are_not_utf8_text(problem: Problem, suffix: str) -> None:
    name = f"a{suffix}"
    text = "Ein schöner Titel\n\nText."
    assert problem(name, text.encode("utf-16")) == f"{name}: UTF-16, not UTF-8; save it as UTF-8"
    assert (
        problem(name, text.encode("latin-1"))
        == f"{name}: not UTF-8 (byte 0xf6 at offset 7); save it as UTF-8"
    )
    for binary in (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff", text.encode("utf-16-le")):
        assert problem(name, binary) == f"{name}: looks like a binary file, not text"


@pytest.mark.parametrize("suffix", SUFFIXES[:4])
def test_a_file_of_more_than_20_mb(problem: Problem, suffix: str) -> None:
    content = b"<p>Title\n\n" + b"x" * 20_000_000
    assert problem(f"a{suffix}", content) == f"a{suffix}: longer than 20 MB; split it into articles"


def test_the_seed_article_is_read() -> None:
    results = [result for path in find_files(SEEDS) for result in read_file(path, SEEDS)]  # type: ignore[arg-type]
    (article,) = results  # and the questions beside it are passed over
    assert isinstance(article, Article)
    assert "istanbul" in article.id
    assert article.title == "New round of Russia-Ukraine peace talks kicks off in Istanbul"
    assert str(article.date) == "2022-03-29"
    assert article.text.startswith("A fresh round of peace talks")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every use of the network fail the test."""

    def fail(*_: object, **__: object) -> None:
        pytest.fail("reading used the network")

    monkeypatch.setattr(socket.socket, "connect", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    yield


# Bytes that get past the first checks: marks, brackets and words that the formats give meaning.
pieces = st.sampled_from(
    rb"""---  title: # <p> </p> <html> {"text": "a" } id: [ &a *a \ud800 &#0;""".split()
) | st.sampled_from(
    [b"\n", b" ", b"\n---\n", b"date 2022-03-29 ", b"\x1f\x8b\x08", b"\xef\xbb\xbf"]
)
anything = st.binary(max_size=200) | st.lists(
    pieces | st.binary(max_size=4) | st.text(string.printable, max_size=9).map(str.encode)
).map(b"".join)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=anything)
def test_no_bytes_make_reading_raise(
    tmp_path: Path, no_network: None, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    results = list(read_file(path, tmp_path))
    assert results
    for result in results:
        if isinstance(result, ReadingError):
            assert len(str(result).splitlines()) == 1
            assert str(result).startswith(str(path))
        else:
            assert result.id
            assert result.title
            assert result.text.strip()
            assert result.sha256  # it can be written as UTF-8
