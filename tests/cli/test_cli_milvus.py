"""What the command line says of a library on a server. No server is needed for it."""

import pytest

from tests.cli.running import Quoth

ADDRESS = "milvus://me:s3cret@127.0.0.1:9/news"


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("quoth feeds", ["feeds", "list"]),
        ("quoth feeds", ["feeds", "add", "https://news.example/feed"]),
        ("quoth feeds", ["feeds", "remove", "https://news.example/feed"]),
        ("quoth feeds", ["feeds", "sync"]),
        ("quoth index URL", ["index", ".", "https://news.example/1"]),
        ("quoth index --rebuild", ["index", "--rebuild"]),
        ("quoth index --rebuild", ["index", "--rebuild", "--watch", "."]),
        ("quoth index --rollback", ["index", "--rollback"]),
    ],
)
def test_what_a_server_cannot_do_is_refused_by_name(
    inside: Quoth, what: str, arguments: list[str]
) -> None:
    done = inside(*arguments, "--library", ADDRESS)
    assert done.status == 1
    assert done.error == (
        f"quoth: milvus://127.0.0.1:9/news: {what} needs a library in a folder;"
        " set QUOTH_LIBRARY to one"
    )


def test_a_server_that_is_not_there_is_one_line_without_the_password(inside: Quoth) -> None:
    pytest.importorskip("pymilvus")
    for arguments in (
        ["ask", "Where?"], ["ask", "-"], ["status"], ["articles"], ["articles", "show", "a"],
        ["articles", "remove", "a"], ["verify"], ["verify", "--repair"], ["export", "file"],
        ["index", "nothing"], ["index", "--dry-run", "."],
    ):  # fmt: skip
        done = inside(*arguments, "--library", ADDRESS)
        assert done.status == 1
        assert "milvus://127.0.0.1:9/news: the library can't be reached" in done.error
        assert "s3cret" not in done.error
