"""What each server has settled: where the bot answers, whom, from what, and how."""

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
        sources: those that they are of, or None for all.
        since: the first day, or None.
        until: the last day, or None.
    """

    sources: frozenset[str] | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms one person's question is answered in one place.

    Attributes:
        within: the articles that may be searched.
        min_confidence: below this it is "not found"; None: as the bot has it.
        private: only the person sees the answer.
        refusal: why the person may not ask here, or None. Channels and roles stand in it as
            mentions, which ping nobody.
    """

    within: Filter
    min_confidence: float | None = None
    private: bool = False
    refusal: str | None = None


DIRECT = Terms(visible_to(None))
"""Of a direct message."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What one server has settled.

    Attributes:
        server: its id.
        channels: where the bot answers, threads in them included; empty: everywhere.
        roles: who may ask; empty: everyone. Those who manage the server always may.
        private: only the person who asked sees the answer.
        min_confidence: below this it is "not found"; None: as the bot has it.
        scope: what may be seen.
        scopes: what may be seen in some channels instead.
    """

    server: int
    channels: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    private: bool = False
    min_confidence: float | None = None
    scope: Scope = Scope()
    scopes: Mapping[int, Scope] = field(default_factory=dict)

    def for_channel(self, places: Sequence[int], roles: Collection[int], *, manages: bool) -> Terms:
        """The terms of a question.

        Args:
            places: the channel that it is asked in, and what that is in: of a thread its channel,
                and the category. The nearest that has a scope of its own counts.
            roles: the roles of the person.
            manages: whether the person has Manage Server.
        """
        scope = next((self.scopes[each] for each in places if each in self.scopes), self.scope)
        within = replace(
            visible_to(self.server), since=scope.since, until=scope.until, sources=scope.sources
        )
        return Terms(
            within, self.min_confidence, self.private, self._refusal(places, roles, manages)
        )

    def _refusal(self, places: Sequence[int], roles: Collection[int], manages: bool) -> str | None:
        if self.channels and self.channels.isdisjoint(places):
            where = _listed([f"<#{each}>" for each in sorted(self.channels)])
            return f"I don't answer in this channel; ask me in {where}."
        if self.roles and not manages and self.roles.isdisjoint(roles):
            who = _listed([f"<@&{each}>" for each in sorted(self.roles)])
            return f"In this server I answer only those with the role {who}."
        return None


class Servers:
    """The settings of all servers, read once and kept: to look one up waits for nothing.

    Args:
        store: where they are kept.

    Raises:
        StoreError: they cannot be read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changing = threading.Lock()
        with store.read() as connection:
            rows = connection.execute("SELECT server, settings FROM servers").fetchall()
        self._known: dict[int, ServerSettings] = {}
        for server, text in rows:
            try:
                self._known[server] = _from_json(server, json.loads(text))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise StoreError(
                    f"{store.path}: the settings of server {server} are damaged; restore the file,"
                    " or delete that row of its table 'servers'"
                ) from error

    def of(self, server: int) -> ServerSettings:
        """The settings of a server; the defaults where it has none."""
        return self._known.get(server) or ServerSettings(server)

    def change(self, server: int, person: int, what: str, **changes: Any) -> ServerSettings:
        """Change some of a server's settings, and write down who did. It may take its time.

        Args:
            server: whose.
            person: who changes them.
            what: what is changed, for the log.
            changes: new values of attributes of ``ServerSettings``.

        Raises:
            StoreError: it cannot be kept; then nothing is changed.
        """
        return self._change(server, person, what, lambda _: changes)

    def _change(
        self,
        server: int,
        person: int,
        what: str,
        changes: Callable[[ServerSettings], dict[str, Any]],
    ) -> ServerSettings:
        with self._changing:
            settings = replace(self.of(server), **changes(self.of(server)))
            with self._store.write() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO servers VALUES (?, ?)",
                    (server, json.dumps(_as_json(settings))),
                )
                audit_log.record(connection, server, person, what)
            self._known[server] = settings
            return settings

    def change_scope(
        self, server: int, person: int, what: str, channel: int | None, scope: Scope | None
    ) -> ServerSettings:
        """Change what may be seen in a channel, or in the others (None).

        Args:
            server: whose.
            person: who changes it.
            what: what is changed, for the log.
            channel: its id.
            scope: the new one; None: that of the others again.
        """
        if channel is None:
            return self.change(server, person, what, scope=scope or Scope())

        def changes(now: ServerSettings) -> dict[str, Any]:  # read under the lock
            others = {each: kept for each, kept in now.scopes.items() if each != channel}
            return {"scopes": others if scope is None else {**others, channel: scope}}

        return self._change(server, person, what, changes)


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
