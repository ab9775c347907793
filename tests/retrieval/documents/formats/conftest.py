"""What the tests of reading share: real files, read as a person's would be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.documents.article import Article
from retrieval.documents.formats import read_file
from retrieval.errors import ReadingError

Read = Callable[[str, str | bytes], list[Article | ReadingError]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file below a folder and read it: ``read("a/b.txt", "Title")``."""

    def write_and_read(name: str, content: str | bytes) -> list[Article | ReadingError]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_file(path, tmp_path))

    return write_and_read


@pytest.fixture
def article(read: Read) -> Callable[[str, str | bytes], Article]:
    """Write and read a file that holds one good article."""

    def only_article(name: str, content: str | bytes) -> Article:
        (result,) = read(name, content)
        assert isinstance(result, Article), result
        return result

    return only_article


@pytest.fixture
def problem(read: Read, tmp_path: Path) -> Callable[[str, str | bytes], str]:
    """Write and read a file that gives one error; its line, from the file's name on."""

    def only_problem(name: str, content: str | bytes) -> str:
        (result,) = read(name, content)
        assert isinstance(result, ReadingError), result
        line = str(result)
        assert len(line.splitlines()) == 1
        return line.removeprefix(f"{tmp_path}/")

    return only_problem
