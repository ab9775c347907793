"""What is said of a server that can't be used: one line, without a secret. No server is needed."""

from dataclasses import replace

import pytest

from retrieval.errors import LibraryError
from retrieval.library import open as open_library
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.server import Server

PLACE = MilvusLocation("127.0.0.1", 9, "news", user="me", password="s3cret")  # noqa: S106 - nobody's


class _Refusing:
    """A client whose every call fails with some words."""

    def __init__(self, said: str) -> None:
        self._said = said
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def has_collection(self, name: str, timeout: float) -> bool:
        raise RuntimeError(self._said)


class _Telling(_Refusing):
    """A client that knows its server's version."""

    def get_server_version(self, timeout: float) -> str:
        return self._said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("auth check failure, please check s3cret", "the server refuses the login; mend"),
        ("StatusCode.UNAUTHENTICATED", "the server refuses the login; mend"),
        ("PrivilegeSearch: permission deny", "the server refuses the login; mend"),
        ("StatusCode.UNAVAILABLE", "the library can't be reached; see"),
        ("Fail connecting to server on 127.0.0.1:9", "the library can't be reached; see"),
        ("Deadline Exceeded", "the library can't be reached; see"),
        ("quota of s3cret\nexceeded", "the server says: quota of … exceeded"),
    ],
)
def test_each_error_is_one_line_without_a_secret(said: str, told: str) -> None:
    server = Server(PLACE)
    server._client = _Refusing(said)
    with pytest.raises(LibraryError) as refused:
        server.call("has_collection", "news_ledger")
    line = str(refused.value)
    assert line.startswith(f"milvus://127.0.0.1:9/news: {told}")
    assert "\n" not in line and "s3cret" not in line


def test_where_nobody_listens_it_says_so_soon() -> None:
    pytest.importorskip("pymilvus")
    with pytest.raises(LibraryError, match=r"milvus://127\.0\.0\.1:9/news: the library can't be"):
        open_library(PLACE).status()


@pytest.mark.parametrize("name", ["authors", "connections", "timeouts", "permissions"])
def test_a_librarys_name_is_not_taken_for_what_is_wrong(name: str) -> None:
    server = Server(replace(PLACE, name=name))
    server._client = _Refusing(f"collection {name}_ledger has no author")
    with pytest.raises(LibraryError, match="the server says: collection"):
        server.call("has_collection", f"{name}_ledger")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.3.5", (2, 3)),
        ("v2.5.4-gpu", (2, 5)),
        ("2.6-20250101", (2, 6)),
        ("Zilliz Cloud Vector Database(Compatible with Milvus 2.4)", (2, 4)),
        ("milvus_lite 3.2.0", (99, 0)),
    ],
)
def test_versions_are_read_however_they_are_written(said: str, version: tuple[int, int]) -> None:
    server = Server(PLACE)
    server._client = _Telling(said)
    assert server.version() == version


def test_a_server_without_a_version_is_told() -> None:
    server = Server(PLACE)
    server._client = _Telling("nightly")
    with pytest.raises(LibraryError, match="the server has no version: nightly"):
        server.version()


def test_each_failure_lets_go_of_its_connection() -> None:
    server = Server(PLACE)
    for _ in range(3):
        client = server._client = _Refusing("StatusCode.UNAVAILABLE")
        with pytest.raises(LibraryError):
            server.call("has_collection", "news_ledger")
        assert client.closed
