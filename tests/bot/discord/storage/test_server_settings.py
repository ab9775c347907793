"""Server settings: policies for channels and roles, stored separately for each server."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.storage import audit_log
from bot.discord.storage.database import Store, StoreError
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX, own_source, visible_to
from bot.discord.storage.schema import TABLES
from bot.discord.storage.server_settings import (
    DIRECT_MESSAGE_POLICY,
    Scope,
    ServerSettings,
    ServerSettingsStore,
)
from retrieval.library.filter import Filter
from tests.bot.discord.world import change_settings

HERE, ELSEWHERE, THREAD = 100, 200, 101
DAY = datetime.date(2022, 3, 29)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "discord.sqlite", TABLES)
    yield opened
    opened.close()


def test_by_default_everyone_may_ask_everywhere_but_sees_no_other_servers_articles() -> None:
    policy = ServerSettings(7).policy([HERE], [], manages=False)
    assert (policy.refusal, policy.private, policy.min_confidence) == (None, False, None)
    assert policy.within == Filter(withheld=OWN_SOURCE_PREFIX, own=own_source(7))
    assert policy.within.admits_source("Tass")
    assert policy.within.admits_source(None)
    assert policy.within.admits_source(own_source(7))
    assert not policy.within.admits_source(own_source(77))
    assert not DIRECT_MESSAGE_POLICY.within.admits_source(own_source(7))
    assert DIRECT_MESSAGE_POLICY.within.admits_source(None)


def test_where_and_whom_it_answers() -> None:
    settings = ServerSettings(7, channels=frozenset({HERE}), roles=frozenset({1, 2}))

    def refusal(places: list[int], roles: list[int], *, manages: bool = False) -> str | None:
        return settings.policy(places, roles, manages=manages).refusal

    assert refusal([HERE], [2, 9]) is None
    assert refusal([THREAD, HERE], [1]) is None
    assert refusal([ELSEWHERE], [1]) == "I don't answer in this channel; ask me in <#100>."
    only = "In this server I answer only those with the role <@&1> or <@&2>."
    assert refusal([HERE], [9]) == only
    assert refusal([HERE], [], manages=True) is None
    assert refusal([ELSEWHERE], [], manages=True) is not None  # an empty channel stays empty


def test_a_refusal_names_some_of_many_channels() -> None:
    settings = ServerSettings(7, channels=frozenset(range(50)))
    refusal = settings.policy([ELSEWHERE], [], manages=False).refusal
    assert refusal is not None
    assert refusal.endswith("<#4> or 45 more.")


def test_the_nearest_scope_counts() -> None:
    settings = ServerSettings(
        7,
        scope=Scope(since=DAY),
        scopes={HERE: Scope(frozenset({"Tass"})), THREAD: Scope(until=DAY)},
    )

    def within(*places: int) -> Filter:
        return settings.policy(places, [], manages=False).within

    hidden = visible_to(7)
    assert within(ELSEWHERE) == Filter(DAY, None, None, None, hidden.withheld, hidden.own)
    assert within(HERE).sources == frozenset({"Tass"})
    assert within(HERE).since is None
    assert within(102, HERE).sources == frozenset({"Tass"})
    assert within(THREAD, HERE) == Filter(None, DAY, None, None, hidden.withheld, hidden.own)


days = st.none() | st.dates()
scopes = st.builds(Scope, st.none() | st.frozensets(st.text()), days, days)


@given(
    asked=st.sampled_from([HERE, ELSEWHERE, THREAD]),
    settings=st.builds(
        ServerSettings,
        server=st.just(7),
        scope=scopes,
        scopes=st.dictionaries(st.sampled_from([HERE, THREAD]), scopes),
    ),
    other=st.integers(0, 2**63 - 1).filter(lambda number: number != 7),
)
def test_no_settings_show_another_servers_articles(
    asked: int, settings: ServerSettings, other: int
) -> None:
    """Not even those that name them."""
    named = Scope(frozenset({own_source(other)}))
    for each in (settings, ServerSettings(7, scope=named, scopes={asked: named})):
        within = each.policy([asked], [], manages=True).within
        assert not within.admits_source(own_source(other))


def test_settings_are_kept_and_are_each_servers_own(store: Store) -> None:
    server_settings = ServerSettingsStore(store)
    scope = Scope(frozenset({"Tass", own_source(7)}), DAY, None)
    change_settings(
        server_settings, 7, 1, "private answers", private=True, channels=frozenset({HERE})
    )
    change_settings(server_settings, 7, 1, "roles", roles=frozenset({5}))
    change_settings(server_settings, 8, 2, "threshold 0.5", min_confidence=0.5)
    server_settings.change_scope(7, 1, "what <#100> sees", HERE, scope)
    server_settings.change_scope(7, 1, "what the others see", None, Scope(until=DAY))
    wanted = ServerSettings(
        7, frozenset({HERE}), frozenset({5}), True, None, Scope(until=DAY), {HERE: scope}
    )
    for each in (server_settings, ServerSettingsStore(store)):
        assert each.get(7) == wanted
        assert each.get(8) == ServerSettings(8, min_confidence=0.5)
        assert each.get(9) == ServerSettings(9)
    server_settings.change_scope(7, 1, "as the others", HERE, None)
    assert ServerSettingsStore(store).get(7).scopes == {}
    changes = audit_log.latest(store, 7, 10)
    assert [entry.action for entry in changes[:2]] == ["as the others", "what the others see"]
    assert {entry.user for entry in changes} == {1}
    assert [entry.action for entry in audit_log.latest(store, 8, 10)] == ["threshold 0.5"]
    assert [entry.action for entry in audit_log.latest(store, 7, 2)[1:]] == ["what the others see"]


def test_what_cannot_be_kept_is_not_changed(store: Store) -> None:
    server_settings = ServerSettingsStore(store)
    with store.write() as connection:
        connection.execute("DROP TABLE audit")
    with pytest.raises(StoreError):
        change_settings(server_settings, 7, 1, "private answers", private=True)
    assert server_settings.get(7) == ServerSettings(7)
    assert ServerSettingsStore(store).get(7) == ServerSettings(7)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"channels": ["x"]}', "null"])
def test_damaged_settings_are_never_taken_for_the_defaults(store: Store, text: str) -> None:
    with store.write() as connection:
        connection.execute("INSERT INTO servers VALUES (7, ?)", (text,))
    with pytest.raises(StoreError, match="settings of server 7 are damaged"):
        ServerSettingsStore(store)
