"""Buttons keep to what a server has settled, as it stands when they are pressed."""

import pytest

from bot.discord.client import QuothClient
from bot.discord.server_settings import Scope
from bot.discord.store import Store
from tests.discord.test_discord_buttons import ARTICLE, answered, long_answer, shown, votes
from tests.discord.world import Engine, World

MANAGER = 1


@pytest.fixture(autouse=True)
def _articles(engine: Engine) -> None:
    engine.articles = {ARTICLE.id: ARTICLE}
    engine.result = long_answer()


@pytest.mark.parametrize("label", ["More", "Context", "Right"])
async def test_who_may_not_ask_may_not_press(
    world: World, simcord_bot: QuothClient, store: Store, label: str
) -> None:
    message = await answered(world)
    simcord_bot.servers.change(world.guild.id, MANAGER, "roles", roles=frozenset({5}))
    result = await world.reader.click(message, label=label)
    assert shown(result) == "In this server I answer only those with the role <@&5>."
    assert votes(store) == []
    result = await world.manager.click(message, label=label)
    assert "I answer only" not in shown(result)


@pytest.mark.parametrize("label", ["More", "Context"])
async def test_a_channel_is_shown_only_what_it_may_see_now(
    world: World, simcord_bot: QuothClient, label: str
) -> None:
    message = await answered(world)
    scope = Scope(frozenset({"Tass"}))
    simcord_bot.servers.change_scope(world.guild.id, MANAGER, "scope", world.channel.id, scope)
    result = await world.reader.click(message, label=label)
    assert "of an article that this channel may not see" in shown(result)
    assert "paragraph" not in shown(result)
    assert ARTICLE.title not in shown(result)
