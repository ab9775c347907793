"""A real web server on loopback, whose pages a test sets and whose visitors it can look at."""

import math
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Handler = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Reply:
    """What is answered at a path."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What somebody asked for."""

    path: str
    headers: Mapping[str, str]
    began: float
    ended: float = math.inf


class Site:
    """The server's side: set ``pages``, look at ``requests``."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.port = port
        self.pages: dict[str, Reply | Handler] = {}
        self.requests: list[Request] = []

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.requests]

    def page(self, path: str, words: str, **about: str) -> str:
        """Put up a page with an article; its address."""
        self.pages[path] = Reply(page(words, **about).encode())
        return self.address + path

    def feed(self, path: str, *items: str, **options: str) -> str:
        """Put up an RSS feed of items; its address."""
        self.pages[path] = Reply(rss(*items, **options).encode(), "application/rss+xml")
        return self.address + path

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Lead from a path to somewhere else; the address of the path."""
        self.pages[path] = Reply(b"", status=status, headers={"Location": target})
        return self.address + path

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        # Before it is answered: whoever hears the answer may look here at once.
        heard = Request(request.path, headers, time.monotonic())
        self.requests.append(heard)
        reply = self.pages.get(request.path, Reply(b"nothing here", status=404))
        try:
            if isinstance(reply, Reply):
                send(request, reply)
            else:
                reply(request)
        except OSError:  # whoever asked has heard enough
            request.close_connection = True
        heard.ended = time.monotonic()


def send(request: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Answer a request, with 304 where the visitor knows the reply already."""
    etag = reply.headers.get("ETag")
    changed = reply.headers.get("Last-Modified")
    same = (etag and request.headers["If-None-Match"] == etag) or (
        changed and request.headers["If-Modified-Since"] == changed
    )
    request.send_response(304 if same else reply.status)
    for name, value in reply.headers.items():
        request.send_header(name, value)
    if not same:
        request.send_header("Content-Type", reply.kind)
        request.send_header("Content-Length", str(len(reply.body)))
    request.end_headers()
    if not same:
        request.wfile.write(reply.body)


@contextmanager
def serving(wrap: Callable[[ThreadingHTTPServer], None] | None = None) -> Iterator[Site]:
    """Run a server on a port of its own for as long as the block lasts."""

    class Visit(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.handle(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 50

        def handle_error(self, *_: object) -> None:  # a visitor who hangs up is no error
            pass

    with Server(("127.0.0.1", 0), Visit) as server:
        site = Site(server.server_port)
        if wrap:
            wrap(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def self_signed(folder: Path) -> Path:
    """A certificate that nobody has signed but itself, and its key, in one file."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
        " -keyout key.pem -out certificate.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both


@contextmanager
def serving_tls(certificate: Path) -> Iterator[Site]:
    """The same over TLS, with a certificate."""

    def wrap(server: ThreadingHTTPServer) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)

    with serving(wrap) as site:
        site.address = site.address.replace("http:", "https:")
        yield site


def page(words: str, title: str = "", date: str = "", canonical: str = "") -> str:
    """A web page with an article."""
    head = f"<title>{title}</title>" if title else ""
    if date:
        head += f'<meta property="article:published_time" content="{date}T10:00:00Z">'
    if canonical:
        head += f'<link rel="canonical" href="{canonical}">'
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body><nav><a href='/'>Home</a></nav>"
        f"<article>{f'<h1>{title}</h1>' if title else ''}<p>{words}</p></article></body></html>"
    )


def item(link: str, guid: str | None = None, title: str = "An item", **more: str) -> str:
    """An item of an RSS feed; more elements by name."""
    known = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    rest = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    link = link.replace("&", "&amp;")
    return f"<item><title>{title}</title><link>{link}</link>{known}{rest}</item>"


def rss(*items: str, title: str = "The Feed") -> str:
    """An RSS feed."""
    inner = "".join(items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{title}</title><link>https://feed.example/</link>{inner}</channel></rss>"
    )


def atom(*entries: str, title: str = "The Feed") -> str:
    """An Atom feed."""
    inner = "".join(entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{title}</title><id>urn:feed</id><updated>2024-01-01T00:00:00Z</updated>"
        f"{inner}</feed>"
    )


def entry(link: str, guid: str, title: str = "An entry", updated: str = "2024-01-01") -> str:
    """An entry of an Atom feed."""
    return (
        f'<entry><title>{title}</title><id>{guid}</id><link href="{link}"/>'
        f"<updated>{updated}T00:00:00Z</updated></entry>"
    )
