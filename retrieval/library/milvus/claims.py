"""Who works on which article: claims in the ledger.

The server has no compare-and-swap, and needs none here. Whoever wants an article writes a claim
and then reads all claims of it, seeing all that was acknowledged. Of two who want the same, whose
write came second sees the other's; so never do both see themselves alone. Who is not alone takes
its claim back, but for the one whose name comes first: it waits a moment for the others to do so.

A claim that was not renewed for a while is a dead indexer's, and so is one of a process of this
very machine that is gone. Whoever finds it claims the article too, looks whether the other was
renewed meanwhile, and then removes what that left behind. An indexer that stood still for so long
renews, and looks whether others took it for dead, before it goes on: of the two, one sees the
other.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from retrieval.library.milvus.schema import STRONG, Collections, Kind, ledger_row, now
from retrieval.library.milvus.server import Row, Server

LEASE = 90_000
"""Milliseconds after which a claim is a dead indexer's."""

_RENEWED = 20_000  # milliseconds between renewals
_DOUBTFUL = 2  # of so many parts of a lease one without renewal: others may count it as dead soon
_LOOKS, _PAUSE = 3, 0.3  # of the one whose name comes first; seconds between them
_AT_ONCE = 1_000  # keys named in one condition
_FIELDS = ["article", "moment", "value"]

_living: set[str] = set()  # the names of this process's indexers


class Claims:
    """The claims of one indexer.

    Attributes:
        me: the name that its claims bear.
        mine: the keys of the articles that it has claimed; fewer after ``renew`` found that others
            took them.
        left: of these, those that a dead indexer had claimed too; see ``settle``.
    """

    def __init__(self, server: Server, names: Collections) -> None:
        self.me = f"{uuid.uuid4().hex} {os.getpid()} {_machine()}"
        self._server = server
        self._names = names
        self.mine: set[int] = set()
        self.left: set[int] = set()
        self._renewed = now()
        _living.add(self.me)

    def close(self) -> None:
        """Work no more: what is still claimed is a dead indexer's."""
        _living.discard(self.me)

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
        """Say that this indexer is alive, where it did not do so lately.

        Where it has not done so for long, what others took meanwhile is no longer ``mine``.
        """
        late = now() - self._renewed  # by the clock that others measure with, standing still or not
        if not self.mine or late < _RENEWED:
            return
        if late < LEASE // _DOUBTFUL:
            self._write(self.mine)
            return
        still = {row["article"] for row in self._claims_of(self.mine) if row["value"] == self.me}
        self._write(still)
        taken = self._others(still).keys()
        self._drop(taken)
        self.mine = still - taken

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
        claims = self._server.rows(self._names.ledger, where, _FIELDS, STRONG)
        dead = sorted({row["article"] for row in claims if not self._is_alive(row)})
        for start in range(0, len(dead), _AT_ONCE):
            mine = self.take(dead[start : start + _AT_ONCE])
            self.settle(settle)
            self.release(mine)

    def settle(self, settle: Callable[[Collection[int]], None]) -> None:
        """The same for those that are ``mine`` now."""
        left, self.left = self.left & self.mine, set()
        if not left:
            return
        # Seeing who was renewed until these claims were there.
        rows = [row for row in self._claims_of(left) if row["value"] != self.me]
        alive = {row["article"] for row in rows if self._is_alive(row)}
        self._drop(alive)
        self.mine -= alive
        if left - alive:
            settle(left - alive)
        dead = [row for row in rows if row["article"] not in alive]
        for start in range(0, len(dead), _AT_ONCE):
            ids = [row["id"] for row in dead[start : start + _AT_ONCE]]
            self._server.call("delete", self._names.ledger, ids=ids)

    def _others(self, keys: Collection[int]) -> dict[int, list[str]]:
        """Who else, alive, claims some of these; those that the dead claim are noted."""
        found: dict[int, list[str]] = {}
        for row in self._claims_of(keys):
            if row["value"] == self.me:
                continue
            if self._is_alive(row):
                found.setdefault(row["article"], []).append(row["value"])
            else:
                self.left.add(row["article"])
        return found

    def _is_alive(self, claim: Row) -> bool:
        if claim["value"] == self.me:
            return True
        if claim["moment"] < now() - LEASE:
            return False
        _, process, machine = claim["value"].split(" ")
        if not machine or machine != _machine():
            return True
        if int(process) == os.getpid():
            return claim["value"] in _living
        return _runs(int(process))

    def _claims_of(self, keys: Collection[int]) -> list[Row]:
        wanted = sorted(keys)
        found: list[Row] = []
        for start in range(0, len(wanted), _AT_ONCE):
            named = ", ".join(map(str, wanted[start : start + _AT_ONCE]))
            where = f"kind == {Kind.CLAIM:d} and article in [{named}]"
            found += self._server.rows(self._names.ledger, where, _FIELDS, STRONG)
        return found

    def _write(self, keys: Collection[int]) -> None:
        rows = [
            ledger_row(Kind.CLAIM, key, self.me, article=key, value=self.me) for key in sorted(keys)
        ]
        for start in range(0, len(rows), _AT_ONCE):
            self._server.call("upsert", self._names.ledger, rows[start : start + _AT_ONCE])
        self._renewed = now()

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
