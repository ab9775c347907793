"""What the command line says of a library on a server. No server is needed for it."""

import socket
import threading

import pytest

from tests.support.quoth_command import Quoth

ADDRESS = "milvus://me:s3cret@127.0.0.1:9/news"


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
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
        ["index", "nothing"], ["index", "--dry-run", "."], ["feeds", "list"], ["feeds", "sync"],
        ["feeds", "remove", "https://news.example/feed"],
    ):  # fmt: skip
        done = inside(*arguments, "--library", ADDRESS)
        assert done.status == 1
        assert "milvus://127.0.0.1:9/news: the library can't be reached" in done.error
        assert "s3cret" not in done.error


def test_a_server_without_tls_is_one_line_where_tls_is_asked_for(quoth: Quoth) -> None:
    pytest.importorskip("pymilvus")

    def answer(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=[listener], daemon=True).start()
        place = f"127.0.0.1:{listener.getsockname()[1]}/news"
        done = quoth("status", "--library", f"milvuss://me:s3cret@{place}")
        assert done.status == 1
        assert done.error.startswith(f"quoth: milvuss://{place}: the library can't be reached")
        listener.shutdown(socket.SHUT_RDWR)
