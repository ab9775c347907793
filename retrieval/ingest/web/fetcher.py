"""Fetches one page or feed at a time from each host: politely, and within limits.

Every connection is checked where its socket is made: on the very address that is connected to,
whichever name led there, on the first request and after each redirect.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.metadata import version
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

from retrieval.errors import FetchError
from retrieval.ingest.web.addresses import is_public, parse_address, show_address
from retrieval.ingest.web.decompression import ENCODINGS, PackingError, TooLargeError, Unpacker
from retrieval.ingest.web.fetch_errors import PRIVATE, error_message, retry_after, status_message

_AT_ONCE = 8  # tasks
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may take.

    Attributes:
        seconds: for the whole of it, redirects included.
        bytes: of what is sent, packed and unpacked.
        pause: seconds between two requests to one host.
    """

    seconds: float = 30.0
    bytes: int = 10_000_000
    redirects: int = 5
    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered.

    Attributes:
        url: where it was in the end, after redirects.
        body: unpacked; None where it has not changed since the state that was asked about.
        content_type: the header of that name, or "".
        etag: by which its server knows this state, or None.
        last_modified: the same, for servers that know only times.
    """

    url: URL
    body: bytes | None
    content_type: str
    etag: str | None
    last_modified: str | None


@dataclass(slots=True)
class _Host:
    """One host's turns: a request at a time, and a pause after it."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free: float = 0.0  # when the pause ends
    closed: float = 0.0  # until when it asks to be left alone


async def at_once(tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run tasks side by side, some at a time; the first that fails ends them all."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def run(task: Coroutine[Any, Any, None]) -> None:
        async with places:
            await task

    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(run(task))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        for task in tasks:
            task.close()  # those that never began


class Fetcher:
    """Fetches over one set of connections, as an asynchronous context manager.

    Args:
        allow_private: whether addresses inside this machine and its network may be asked.
    """

    def __init__(self, limits: Limits, *, allow_private: bool) -> None:
        self._limits = limits
        self._allow_private = allow_private
        self._hosts: dict[str, _Host] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Fetcher":
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(socket_factory=self._socket),
                # An environment's proxy would connect where we cannot see.
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # ours counts every redirect
                headers={
                    "User-Agent": f"Quoth/{version('quoth')}",
                    "Accept-Encoding": ENCODINGS,
                    "Accept": "application/atom+xml, application/rss+xml, text/html;q=0.9,"
                    " application/xhtml+xml;q=0.9, application/xml;q=0.9, */*;q=0.5",
                },
            )
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def fetch(
        self, address: str, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Fetch what is at an address.

        Args:
            address: of http or https.
            etag: of the state that is known already, or None.

        Raises:
            FetchError: it cannot be fetched, or is beyond a limit; the message names the address.
        """
        place = show_address(address)
        headers = {}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        url = parse_address(address)
        seconds = self._limits.seconds
        for _ in range(self._limits.redirects + 1):
            host = self._hosts.setdefault(url.raw_host or "", _Host())
            async with host.turn:
                self._check_open(host, place)
                await asyncio.sleep(max(0.0, host.free - time.monotonic()))
                began = time.monotonic()
                try:
                    async with asyncio.timeout(seconds):
                        found = await self._request(url, headers, host, place)
                except TimeoutError:
                    raise FetchError(
                        place, f"took longer than {self._limits.seconds:g} seconds"
                    ) from None
                except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
                    raise FetchError(place, error_message(error)) from error
                finally:
                    host.free = time.monotonic() + self._limits.pause
                seconds -= time.monotonic() - began
            if isinstance(found, Fetched):
                return found
            url = found
        raise FetchError(place, f"redirected more than {self._limits.redirects} times")

    def _socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """Make the socket of a connection, where it may be made."""
        family, kind, protocol, _, address = info
        if not self._allow_private and not is_public(str(address[0])):
            raise PermissionError(PRIVATE)
        return socket.socket(family, kind, protocol)

    def _check_open(self, host: _Host, place: str) -> None:
        wait = host.closed - time.monotonic()
        if wait > 0:
            raise FetchError(place, "its host asks to be left alone for a while", wait)

    async def _request(
        self, url: URL, headers: dict[str, str], host: _Host, place: str
    ) -> Fetched | URL:
        """Ask once; where it leads elsewhere, where to."""
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in _REDIRECTS and "Location" in answer.headers:
                try:
                    target = url.join(URL(answer.headers["Location"]))
                    return parse_address(str(target))
                except FetchError as error:
                    raise FetchError(place, f"leads to {error}") from None
                except ValueError:
                    raise FetchError(place, "leads to what is no address") from None
            body = None
            if answer.status != HTTPStatus.NOT_MODIFIED or not headers:
                wait = retry_after(answer.headers.get("Retry-After"))
                if answer.status in _BUSY and wait:
                    host.closed = time.monotonic() + wait
                if answer.status != HTTPStatus.OK:
                    raise FetchError(place, status_message(answer.status), wait)
                body = await self._body(answer, place)
            return Fetched(
                url=url,
                body=body,
                content_type=answer.headers.get("Content-Type", ""),
                etag=_printable(answer.headers.get("ETag")),
                last_modified=_printable(answer.headers.get("Last-Modified")),
            )

    async def _body(self, answer: aiohttp.ClientResponse, place: str) -> bytes:
        limit = self._limits.bytes
        try:
            unpacker = Unpacker(answer.headers.get("Content-Encoding", ""), limit)
            if (answer.content_length or 0) > limit:
                raise TooLargeError
            async for data in answer.content.iter_any():
                unpacker.feed(data)
            return unpacker.finish()
        except TooLargeError:
            raise FetchError(place, f"larger than {limit / 1e6:g} MB") from None
        except PackingError as error:
            raise FetchError(place, str(error)) from None


def _printable(value: str | None) -> str | None:
    """A header's value, unless it has bytes that are no text and could not be kept or sent back."""
    return value if value is not None and value.isprintable() else None
