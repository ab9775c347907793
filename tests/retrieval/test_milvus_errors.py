"""What is said of a server that can't be used: one line, without a secret. No server is needed."""

import pytest

from retrieval import store
from retrieval.errors import LibraryError
from retrieval.milvus.server import Server
from retrieval.place import MilvusPlace

PLACE = MilvusPlace("127.0.0.1", 9, "news", user="me", password="s3cret")  # noqa: S106 - nobody's


class _Refusing:
    """A client whose every call fails with some words."""

    def __init__(self, said: str) -> None:
        self._said = said

    def has_collection(self, name: str, timeout: float) -> bool:
        raise RuntimeError(self._said)


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
        store.status(PLACE)
