"""The connection to a Milvus server, and what its errors mean to a person."""

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from retrieval.errors import LibraryError
from retrieval.library.milvus.location import MilvusLocation

SECONDS = 10.0
"""For one call; a server that hangs is given up then."""

CONNECTION = {
    "dedicated": True,
    "grpc_options": {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 2_000},
}
"""What makes a connection one of its own: those that pymilvus and gRPC share with earlier ones wait
up to two minutes, the longer a server was away, before they try again."""

_LONGEST = 200  # characters of what a server says
_PAGE = 5_000  # rows read at a time
_IDS = 2**63  # so many ids there are, from 0
_REACH = re.compile(
    r"unavailable|fail connecting|connection|closed channel|deadline|timed? ?out", re.IGNORECASE
)
_LOGIN = re.compile(r"\bauth\b|authenticat|permission|privilege", re.IGNORECASE)
_VERSION = re.compile(r"(\d+)\.(\d+)")

Row = dict[str, Any]


class Server:
    """A server, connected when it is first needed, and again after it was away.

    Args:
        place: of the library; its name is no business of the connection's.
    """

    def __init__(self, place: MilvusLocation) -> None:
        self.place = place
        self._client: Any = None

    @property
    def is_connected(self) -> bool:
        """Whether the last call found it; if not, what was loaded there may no longer be."""
        return self._client is not None

    def call(self, method: str, *arguments: Any, seconds: float | None = None, **named: Any) -> Any:
        """Call a method of pymilvus's client.

        Args:
            seconds: how long it may take; by default ``SECONDS``.

        Raises:
            LibraryError: it failed; the line says why, and holds no secret.
        """
        limit = SECONDS if seconds is None else seconds
        try:
            client = self._connected()
            return getattr(client, method)(*arguments, timeout=limit, **named)
        except Exception as error:
            raise self._problem(error) from None

    def version(self) -> tuple[int, int]:
        """The server's version, major and minor; milvus-lite counts as the latest.

        Raises:
            LibraryError: it cannot be reached.
        """
        said = str(self.call("get_server_version"))
        if "milvus_lite" in said:
            return (99, 0)
        found = _VERSION.search(said)
        if found is None:
            raise LibraryError(f"{self.place}: the server has no version: {said[:_LONGEST]}")
        return int(found[1]), int(found[2])

    def rows(
        self,
        collection: str,
        where: str,
        fields: list[str],
        level: str,
        *,
        page: int = _PAGE,
        expected: int = 0,
    ) -> Iterator[Row]:
        """All rows that a condition holds for, in any order.

        Not every server gives them in the order of their ids. These are hashes, evenly spread, so a
        range of them with too many rows for one answer is read as two halves.

        Args:
            where: the condition, over whole numbers alone: their spelling is the same everywhere.
            fields: to read besides the id.
            page: the most rows in one answer.
            expected: about how many there are, where that is known.
        """
        parts = 1 + 2 * expected // page
        edges = [_IDS * n // parts for n in range(parts + 1)]
        ranges = [*pairwise(edges)][::-1]
        while ranges:
            first, end = ranges.pop()
            found = self.call(
                "query",
                collection,
                filter=f"id >= {first} and id <= {end - 1}" + (f" and {where}" if where else ""),
                output_fields=["id", *fields],
                limit=page,
                consistency_level=level,
            )
            if len(found) < page:
                yield from found
            else:
                middle = (first + end) // 2
                ranges += [(middle, end), (first, middle)]

    def row(self, collection: str, number: int, fields: list[str], level: str) -> Row | None:
        found: list[Row] = self.call(
            "query",
            collection,
            filter=f"id in [{number}]",
            output_fields=fields,
            limit=1,
            consistency_level=level,
        )
        return found[0] if found else None

    def count(self, collection: str, level: str, where: str = "") -> int:
        """How many rows a condition, as in ``rows``, holds for; of all without one."""
        found = self.call(
            "query",
            collection,
            filter=where,
            output_fields=["count(*)"],
            consistency_level=level,
        )
        return int(found[0]["count(*)"])

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # nothing of it is needed any more
                client.close()

    def _connected(self) -> Any:
        if self._client is None:
            # gRPC's own lines, of a failed handshake and the like, are not for people either. It
            # reads this when it is imported.
            os.putenv("GRPC_VERBOSITY", "NONE")
            try:
                from pymilvus import MilvusClient
            except ImportError:
                raise LibraryError(
                    f"{self.place}: needs pymilvus; run: pip install 'quoth[milvus]'"
                ) from None
            # It would log every error, traces and all, before we say what it means.
            logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
            scheme = "https" if self.place.tls else "http"
            self._client = MilvusClient(
                uri=f"{scheme}://{self.place.host}:{self.place.port}",
                user=self.place.user,
                password=self.place.password,
                token=self.place.token,
                timeout=SECONDS,
                **CONNECTION,
            )
        return self._client

    def _problem(self, error: Exception) -> LibraryError:
        if isinstance(error, LibraryError):
            return error
        said = " ".join(str(getattr(error, "message", "") or error).split())
        for secret in (self.place.password, self.place.token):
            if secret:
                said = said.replace(secret, "…")
        about = said.replace(self.place.name, "")  # a library may be named "connections"
        if _LOGIN.search(about):
            return LibraryError(
                f"{self.place}: the server refuses the login; mend the user and password in"
                " QUOTH_LIBRARY, or QUOTH_MILVUS_TOKEN"
            )
        self.close()  # what was connected may be gone; the next call connects anew
        if _REACH.search(about) or not said:
            return LibraryError(
                f"{self.place}: the library can't be reached; see that the server runs and that"
                " the address is right"
            )
        return LibraryError(f"{self.place}: the server says: {said[:_LONGEST]}")
