"""Who works on which article: claims in the ledger.

The server has no compare-and-swap, and needs none here. Whoever wants an article writes a claim
and then reads all claims of it, seeing all that was acknowledged. Of two who want the same, whose
write came second sees the other's; so never do both see themselves alone. Who is not alone takes
its claim back, but for the one whose name comes first: it waits a moment for the others to do so.

A claim that was not renewed for a while is a dead indexer's, and so is one of a process of this
very machine that is gone. Whoever finds it removes what that left behind. Were it alive after all,
two would write the same rows: a waste, and nothing wrong.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from retrieval.milvus.schema import STRONG, Collections, Kind, ledger_row, now
from retrieval.milvus.server import Row, Server

LEASE = 90_000
"""Milliseconds after which a claim is a dead indexer's."""

_RENEWED = 20.0  # seconds between renewals
_LOOKS, _PAUSE = 3, 0.3  # of the one whose name comes first; seconds between them
_AT_ONCE = 1_000  # keys named in one condition


class Claims:
    """The claims of one indexer.

    Args:
        server: where the library is.
        names: its collections.
        lease: milliseconds; by default ``LEASE``.

    Attributes:
        me: the name that its claims bear.
        mine: the keys of the articles that it has claimed.
    """

    def __init__(self, server: Server, names: Collections, lease: int = LEASE) -> None:
        self.me = f"{uuid.uuid4().hex} {os.getpid()} {_machine()}"
        self._server = server
        self._names = names
        self._lease = lease
        self.mine: set[int] = set()
        self._renewed = time.monotonic()

    def take(self, keys: Collection[int]) -> set[int]:
        """Claim articles; returns those that this indexer may work on now."""
        wanted = set(keys) - self.mine
        if not wanted:
            return set(keys)
        self._write(wanted)
        for look in range(_LOOKS):
            others = self._others(wanted)
            if not others:
                break
            behind = {key for key, names in others.items() if min(names) < self.me}
            self._drop(behind if look < _LOOKS - 1 else others.keys())
            wanted -= behind
            if look < _LOOKS - 1 and others.keys() - behind:
                time.sleep(_PAUSE)
            else:
                wanted -= others.keys()
                break
        self.mine |= wanted
        return wanted | (set(keys) & self.mine)

    def renew(self) -> None:
        """Say that this indexer is alive, where it did not do so lately."""
        if self.mine and time.monotonic() > self._renewed + _RENEWED:
            self._write(self.mine)

    def release(self, keys: Collection[int]) -> None:
        """Give up claims: the articles are as they should be."""
        self._drop(set(keys) & self.mine)
        self.mine -= set(keys)

    def settle_dead(self, settle: Callable[[Collection[int]], None]) -> None:
        """Have what dead indexers left put right, and remove their claims.

        Args:
            settle: given the keys of some articles.
        """
        where = f"kind == {Kind.CLAIM:d}"
        fields = ["article", "moment", "value"]
        claims = self._server.rows(self._names.ledger, where, fields, STRONG)
        dead = [row for row in claims if not self._is_alive(row)]
        for start in range(0, len(dead), _AT_ONCE):
            some = dead[start : start + _AT_ONCE]
            settle([row["article"] for row in some])
            self._server.call("delete", self._names.ledger, ids=[row["id"] for row in some])

    def _others(self, keys: Collection[int]) -> dict[int, list[str]]:
        """Who else, alive, claims some of these."""
        found: dict[int, list[str]] = {}
        for row in self._claims_of(keys):
            if row["value"] != self.me and self._is_alive(row):
                found.setdefault(row["article"], []).append(row["value"])
        return found

    def _is_alive(self, claim: Row) -> bool:
        if claim["value"] == self.me:
            return True
        if claim["moment"] < now() - self._lease:
            return False
        _, process, machine = claim["value"].split(" ")
        return not machine or machine != _machine() or _runs(int(process))

    def _claims_of(self, keys: Collection[int]) -> list[Row]:
        wanted = sorted(keys)
        found: list[Row] = []
        for start in range(0, len(wanted), _AT_ONCE):
            named = ", ".join(map(str, wanted[start : start + _AT_ONCE]))
            where = f"kind == {Kind.CLAIM:d} and article in [{named}]"
            fields = ["article", "moment", "value"]
            found += self._server.rows(self._names.ledger, where, fields, STRONG)
        return found

    def _write(self, keys: Collection[int]) -> None:
        rows = [
            ledger_row(Kind.CLAIM, key, self.me, article=key, value=self.me) for key in sorted(keys)
        ]
        for start in range(0, len(rows), _AT_ONCE):
            self._server.call("upsert", self._names.ledger, rows[start : start + _AT_ONCE])
        self._renewed = time.monotonic()

    def _drop(self, keys: Collection[int]) -> None:
        ids = [ledger_row(Kind.CLAIM, key, self.me)["id"] for key in sorted(keys)]
        for start in range(0, len(ids), _AT_ONCE):
            self._server.call("delete", self._names.ledger, ids=ids[start : start + _AT_ONCE])


def _machine() -> str:
    """What tells this machine, since it was started, from others; empty where that is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        processes = Path("/proc/self/ns/pid").stat().st_ino  # containers have their own
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {processes}".encode()).hexdigest()[:16]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
