"""The settings of each server, and the policy for a question that follows from them."""

import datetime
import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.discord.storage import audit_log
from bot.discord.storage.database import Store, StoreError
from bot.discord.storage.ownership import visible_to
from retrieval.library.filter import Filter


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles may be seen.

    Attributes:
        sources: their sources, or None for all.
        since: the first day, or None.
        until: the last day, or None.
    """

    sources: frozenset[str] | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class AnswerPolicy:
    """How one user's question in one channel is answered.

    Attributes:
        min_confidence: below this the answer is "not found"; None: the bot's own threshold.
        private: only the user sees the answer.
        refusal: why the user may not ask here, or None. It mentions channels and roles, which
            pings nobody.
    """

    within: Filter
    min_confidence: float | None = None
    private: bool = False
    refusal: str | None = None


DIRECT_MESSAGE_POLICY = AnswerPolicy(visible_to(None))


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of one server.

    Attributes:
        channels: where the bot answers, threads in them included; empty: everywhere.
        roles: who may ask; empty: everyone. Members with Manage Server always may.
        private: only the user who asked sees the answer.
        min_confidence: below this an answer is "not found"; None: the bot's own threshold.
        scopes: those of single channels, by channel id, instead.
    """

    server: int
    channels: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    private: bool = False
    min_confidence: float | None = None
    scope: Scope = Scope()
    scopes: Mapping[int, Scope] = field(default_factory=dict)

    def policy(
        self, channel_ids: Sequence[int], roles: Collection[int], *, manages: bool
    ) -> AnswerPolicy:
        """The policy for a question.

        Args:
            channel_ids: of the channel and its parents, nearest first: thread, channel, category.
                The first with a scope of its own counts.
            manages: whether the user has Manage Server.
        """
        scope = next((self.scopes[each] for each in channel_ids if each in self.scopes), self.scope)
        within = replace(
            visible_to(self.server), since=scope.since, until=scope.until, sources=scope.sources
        )
        return AnswerPolicy(
            within, self.min_confidence, self.private, self._refusal(channel_ids, roles, manages)
        )

    def _refusal(
        self, channel_ids: Sequence[int], roles: Collection[int], manages: bool
    ) -> str | None:
        if self.channels and self.channels.isdisjoint(channel_ids):
            where = _listed([f"<#{each}>" for each in sorted(self.channels)])
            return f"I don't answer in this channel; ask me in {where}."
        if self.roles and not manages and self.roles.isdisjoint(roles):
            who = _listed([f"<@&{each}>" for each in sorted(self.roles)])
            return f"In this server I answer only those with the role {who}."
        return None


class ServerSettingsStore:
    """The settings of all servers, cached in memory: ``get`` does not block.

    Raises:
        StoreError: they cannot be read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()  # held while settings change
        with store.read() as connection:
            rows = connection.execute("SELECT server, settings FROM servers").fetchall()
        self._cache: dict[int, ServerSettings] = {}
        for server, text in rows:
            try:
                self._cache[server] = _from_json(server, json.loads(text))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise StoreError(
                    f"{store.path}: the settings of server {server} are damaged; restore the file,"
                    " or delete that row of its table 'servers'"
                ) from error

    def get(self, server: int) -> ServerSettings:
        """The settings of a server; the defaults where it has none."""
        return self._cache.get(server) or ServerSettings(server)

    def change(
        self,
        server: int,
        user: int,
        action: str,
        change: Callable[[ServerSettings], ServerSettings],
    ) -> ServerSettings:
        """Change a server's settings, and log it. Blocks on the disk.

        Args:
            change: returns the new settings, given those at that moment.

        Raises:
            StoreError: the database cannot be written; then nothing is changed.
        """
        with self._lock:
            settings = change(self.get(server))
            with self._store.write() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO servers VALUES (?, ?)",
                    (server, json.dumps(_as_json(settings))),
                )
                audit_log.record(connection, server, user, action)
            self._cache[server] = settings
            return settings

    def change_scope(
        self, server: int, user: int, action: str, channel: int | None, scope: Scope | None
    ) -> ServerSettings:
        """Change the scope of a channel, or (None) of all others; a scope of None resets it."""

        def changed(now: ServerSettings) -> ServerSettings:
            if channel is None:
                return replace(now, scope=scope or Scope())
            scopes = {each: kept for each, kept in now.scopes.items() if each != channel}
            return replace(now, scopes=scopes if scope is None else {**scopes, channel: scope})

        return self.change(server, user, action, changed)


def _listed(names: Sequence[str]) -> str:
    few = [*names[:5], f"{len(names) - 5} more"] if len(names) > 5 else names
    return " or ".join(few)


def _as_json(settings: ServerSettings) -> dict[str, Any]:
    return {
        "channels": sorted(settings.channels),
        "roles": sorted(settings.roles),
        "private": settings.private,
        "min_confidence": settings.min_confidence,
        "scope": _scope_as_json(settings.scope),
        "scopes": {str(number): _scope_as_json(each) for number, each in settings.scopes.items()},
    }


def _scope_as_json(scope: Scope) -> dict[str, Any]:
    return {
        "sources": None if scope.sources is None else sorted(scope.sources),
        "since": scope.since and scope.since.isoformat(),
        "until": scope.until and scope.until.isoformat(),
    }


def _from_json(server: int, found: Mapping[str, Any]) -> ServerSettings:
    return ServerSettings(
        server=server,
        channels=frozenset(map(int, found["channels"])),
        roles=frozenset(map(int, found["roles"])),
        private=bool(found["private"]),
        min_confidence=found["min_confidence"],
        scope=_scope_from_json(found["scope"]),
        scopes={int(number): _scope_from_json(each) for number, each in found["scopes"].items()},
    )


def _scope_from_json(found: Mapping[str, Any]) -> Scope:
    days = [found[key] and datetime.date.fromisoformat(found[key]) for key in ("since", "until")]
    sources = found["sources"]
    return Scope(None if sources is None else frozenset(sources), *days)
