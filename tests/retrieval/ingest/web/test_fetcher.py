"""A fetch is polite and limited; what goes wrong is one line that names the address."""

import asyncio
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from retrieval.errors import FetchError
from retrieval.ingest.web.fetch_errors import PRIVATE
from retrieval.ingest.web.fetcher import Fetched, Fetcher, Limits
from tests.support.site_server import Reply, Site, self_signed, serving_tls

SMALL = Limits(seconds=20, bytes=100_000, redirects=3, pause=0.0)


def fetch(
    address: str, limits: Limits = SMALL, *, allow_private: bool = True, **known: str
) -> Fetched:
    async def run() -> Fetched:
        async with Fetcher(limits, allow_private=allow_private) as fetcher:
            return await fetcher.fetch(address, **known)

    return asyncio.run(run())


def problem(address: str, limits: Limits = SMALL, *, allow_private: bool = True) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(address, limits, allow_private=allow_private)
    line = str(caught.value)
    assert line.startswith(f"{address}: ") and line.isprintable()
    return line.removeprefix(f"{address}: ")


# Addresses inside


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"],  # noqa: S104 - not bound
)
def test_inside_addresses_are_not_even_connected_to(site: Site, host: str) -> None:
    site.page("/", "words")
    assert problem(f"http://{host}:{site.port}/", allow_private=False) == PRIVATE
    assert site.requests == []


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names looked up here, with these answers one after the other; what was asked."""
    asked: list[str] = []
    left = [*answers]

    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(host)
        ips = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_is_judged_by_the_address_that_is_connected_to(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name may lead outside when it is looked up the first time, and inside right after."""
    monkeypatch.setattr("retrieval.ingest.web.fetcher.is_public", lambda ip: ip == "127.0.0.1")
    asked = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2", "127.0.0.1"])
    site.page("/", "words")
    address = f"http://rebinding.example:{site.port}/"
    assert fetch(address, allow_private=False).body
    assert asked == ["rebinding.example"]  # once: there is no second look that could differ
    assert problem(address, allow_private=False) == PRIVATE
    assert len(site.requests) == 1
    assert fetch(address, allow_private=False).body  # of several, one that may be asked


def test_a_redirect_inside_is_not_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first request is let through, as if its host were a public one.
    monkeypatch.setattr("retrieval.ingest.web.fetcher.is_public", lambda ip: ip == "127.0.0.1")
    site.page("/secret", "words")
    for host in ("127.0.0.2", "localhost6.example", "[::1]"):
        resolving(monkeypatch, ["127.0.0.3"])
        address = site.redirect("/", f"http://{host}:{site.port}/secret")
        assert problem(address, allow_private=False) == PRIVATE
    assert "/secret" not in site.paths()


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (
            "file:///etc/passwd",
            "leads to file:///etc/passwd: not an address of http:// or https://",
        ),
        (
            "ftp://feed.example/",
            "leads to ftp://feed.example/: not an address of http:// or https://",
        ),
        ("http://127.1/", "leads to http://127.1/: has no host that can be asked"),
        ("http://me:secret@feed.example/", "leads to feed.example/: has a name and password"),
        ("http://[", "leads to what is no address"),
    ],
)
def test_a_redirect_to_what_is_no_web_address(site: Site, target: str, told: str) -> None:
    assert problem(site.redirect("/", target)).startswith(told)


def test_redirects_are_followed_and_counted(site: Site) -> None:
    for n in range(3):
        site.redirect(f"/{n}", f"../{n + 1}", status=(301, 307, 308)[n])
    site.page("/3", "words")
    assert str(fetch(f"{site.address}/0").url) == f"{site.address}/3"
    site.redirect("/3", "/4")
    assert problem(f"{site.address}/0") == "redirected more than 3 times"
    assert problem(site.redirect("/loop", "/loop")) == "redirected more than 3 times"


# Sizes and times


def test_what_is_too_large_is_refused_at_once_or_on_the_way(site: Site) -> None:
    site.pages["/large"] = Reply(b"x" * 100_001)
    assert problem(f"{site.address}/large") == "larger than 0.1 MB"
    site.pages["/fits"] = Reply(b"x" * 100_000)
    assert len(fetch(f"{site.address}/fits").body or b"") == 100_000
    sent = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(2_000):
            sent.append(request.wfile.write(b"x" * 65_536))

    site.pages["/endless"] = endless
    assert problem(f"{site.address}/endless") == "larger than 0.1 MB"
    assert len(sent) < 1_000  # the rest of the 130 MB was not waited for


def test_fifty_megabytes_are_not_taken(site: Site) -> None:
    site.pages["/feed"] = Reply(b"<rss>" + b" " * 50_000_000)
    assert problem(f"{site.address}/feed", Limits(pause=0.0)) == "larger than 10 MB"


@pytest.mark.parametrize("packing", ["gzip", "deflate", "raw deflate"])
def test_packed_answers_are_unpacked_and_bombs_are_not(site: Site, packing: str) -> None:
    def pack(data: bytes) -> bytes:
        if packing == "gzip":
            return gzip.compress(data)
        packed = zlib.compress(data)
        return packed if packing == "deflate" else packed[2:-4]

    headers = {"Content-Encoding": packing.split()[-1]}
    site.pages["/good"] = Reply(pack(b"words" * 1_000), headers=headers)
    assert fetch(f"{site.address}/good").body == b"words" * 1_000
    bomb = pack(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    site.pages["/bomb"] = Reply(bomb, headers=headers)
    assert problem(f"{site.address}/bomb") == "larger than 0.1 MB"
    site.pages["/cut"] = Reply(pack(bytes(range(256)) * 90)[:-30], headers=headers)
    assert problem(f"{site.address}/cut") == "ends too soon"


def test_a_gzip_of_several_parts_is_one(site: Site) -> None:
    parts = gzip.compress(b"one ") + gzip.compress(b"two")
    site.pages["/"] = Reply(parts, headers={"Content-Encoding": "gzip"})
    assert fetch(f"{site.address}/").body == b"one two"
    endless = gzip.compress(b"") * 10_000  # parts that hold nothing count too
    site.pages["/"] = Reply(endless, headers={"Content-Encoding": "gzip"})
    assert problem(f"{site.address}/") == "larger than 0.1 MB"


def test_what_is_not_packed_as_it_says(site: Site) -> None:
    site.pages["/"] = Reply(b"words", headers={"Content-Encoding": "gzip"})
    assert problem(f"{site.address}/") == "not packed with gzip, as it says"
    site.pages["/"] = Reply(b"words", headers={"Content-Encoding": "br"})
    assert problem(f"{site.address}/") == "packed with 'br', which was not asked for"


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that is no web server; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)

        def serve() -> None:
            while True:
                try:
                    visitor, _ = listening.accept()
                except OSError:  # closed
                    return
                with visitor, suppress(OSError):  # whoever asked may have gone
                    visitor.settimeout(20)
                    answer(visitor)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(20)


def silent(visitor: socket.socket) -> None:
    while visitor.recv(1_000):
        pass


def dripping(visitor: socket.socket) -> None:
    visitor.recv(1_000)
    visitor.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(1_000):
        visitor.sendall(b"x")
        time.sleep(0.02)


def dripping_headers(visitor: socket.socket) -> None:
    visitor.recv(1_000)
    visitor.sendall(b"HTTP/1.1 200 OK\r\n")
    for n in range(1_000):
        visitor.sendall(b"X" if n % 50 else b"X-a: b\r\n")
        time.sleep(0.02)


@pytest.mark.parametrize("answer", [silent, dripping, dripping_headers])
def test_who_never_finishes_is_not_waited_for(answer: Callable[[socket.socket], None]) -> None:
    with raw(answer) as address:
        told = problem(address, Limits(seconds=0.3, pause=0.0))
    assert told == "took longer than 0.3 seconds"


def test_the_time_is_for_all_redirects_together(site: Site) -> None:
    def slow(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        request.send_response(302)
        request.send_header("Location", f"{request.path}x")
        request.send_header("Content-Length", "0")
        request.end_headers()

    for n in range(10):
        site.pages["/" + "x" * n] = slow
    limits = Limits(seconds=0.5, pause=0.0, redirects=9)
    assert problem(f"{site.address}/", limits) == "took longer than 0.5 seconds"
    assert len(site.requests) <= 4


def test_broken_answers() -> None:
    def hang_up(visitor: socket.socket) -> None:
        visitor.recv(1_000)

    def cut(visitor: socket.socket) -> None:
        visitor.recv(1_000)
        visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nwords")

    def nonsense(visitor: socket.socket) -> None:
        visitor.recv(1_000)
        visitor.sendall(b"\x00\xff nonsense\r\n\r\n" * 10)

    with raw(hang_up) as address:
        assert problem(address) == "the server hung up without an answer"
    with raw(cut) as address:
        assert problem(address) == "the connection broke off in the middle"
    with raw(nonsense) as address:
        assert problem(address) == "the server does not speak HTTP as it should"
    with raw(lambda _: None) as address:
        pass
    assert problem(address) == "cannot be connected to (Connection refused)"


def test_a_name_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert problem("http://nowhere.example/") == "there is no such host, or no network"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "the server says 404 (Not Found)"),
        (410, "the server says 410 (Gone)"),
        (429, "the server says 429 (Too Many Requests)"),
        (500, "the server says 500 (Internal Server Error)"),
        (999, "the server says 999"),
        (204, "the server says 204 (No Content)"),
        (302, "the server says 302 (Found)"),  # to nowhere
        (304, "the server says 304 (Not Modified)"),  # nobody asked whether it was
    ],
)
def test_what_a_server_refuses_is_told(site: Site, status: int, told: str) -> None:
    site.pages["/"] = Reply(b"", status=status)
    assert problem(f"{site.address}/") == told


# TLS


def test_a_certificate_that_cannot_be_trusted(tmp_path: Path) -> None:
    with serving_tls(self_signed(tmp_path)) as site:
        told = problem(site.page("/", "words"))
    assert told == "its certificate cannot be trusted (self-signed certificate)"


def test_what_is_no_tls(site: Site) -> None:
    told = problem(site.page("/", "words").replace("http:", "https:"))
    assert told == "no TLS connection can be made; is it an address of http:// ?"


# Politeness


def test_a_host_is_asked_one_thing_at_a_time_with_a_pause(site: Site) -> None:
    addresses = [site.page(f"/{n}", "words") for n in range(4)]

    async def run() -> None:
        async with Fetcher(Limits(pause=0.2), allow_private=True) as fetcher:
            await asyncio.gather(*(fetcher.fetch(address) for address in addresses))

    asyncio.run(run())
    visits = sorted(site.requests, key=lambda request: request.began)
    for one, next_one in pairwise(visits):
        assert next_one.began - one.ended > 0.15
    agent = visits[0].headers
    assert (
        agent["user-agent"].startswith("Quoth/0.") and agent["accept-encoding"] == "gzip, deflate"
    )


def test_a_busy_host_is_left_alone(site: Site) -> None:
    site.pages["/busy"] = Reply(b"", status=503, headers={"Retry-After": "120"})
    site.page("/other", "words")

    async def run() -> list[FetchError]:
        errors = []
        async with Fetcher(SMALL, allow_private=True) as fetcher:
            for path in ("/busy", "/other"):
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(site.address + path)
                errors.append(caught.value)
        return errors

    first, second = asyncio.run(run())
    assert first.retry_after == 120
    assert second.retry_after is not None and 100 < second.retry_after <= 120
    assert str(second) == f"{site.address}/other: its host asks to be left alone for a while"
    assert site.paths() == ["/busy"]


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("0", 0, 0), ("30", 30, 30), ("999999999", 604_800, 604_800),
        ("Fri, 31 Dec 2066 23:59:59 GMT", 604_800, 604_800),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0),
    ],
)  # fmt: skip
def test_retry_after_may_be_seconds_or_a_time(
    site: Site, value: str, least: float, most: float
) -> None:
    site.pages["/"] = Reply(b"", status=429, headers={"Retry-After": value})
    with pytest.raises(FetchError) as caught:
        fetch(f"{site.address}/")
    assert least <= (caught.value.retry_after or 0) <= most


def test_a_retry_after_that_says_nothing_is_none(site: Site) -> None:
    for value in ("soon", "-5", "", "1e9", "Fri, 99 Dec 2066"):
        site.pages["/"] = Reply(b"", status=429, headers={"Retry-After": value})
        with pytest.raises(FetchError) as caught:
            fetch(f"{site.address}/")
        assert caught.value.retry_after is None


def test_cookies_are_not_kept(site: Site) -> None:
    site.pages["/"] = Reply(b"words", headers={"Set-Cookie": "who=you; Path=/"})

    async def run() -> None:
        async with Fetcher(SMALL, allow_private=True) as fetcher:
            for _ in range(2):
                await fetcher.fetch(f"{site.address}/")

    asyncio.run(run())
    assert all("cookie" not in request.headers for request in site.requests)
