"""Button handlers follow the server's present settings."""

import threading
from typing import Any

import discord
import pytest
from discord import ui

from bot.discord.asking.answer_service import QuestionOrigin
from bot.discord.client import QuothClient
from bot.discord.messages.answer_buttons import AsTypedButton, MoreButton, VoteButton
from bot.discord.messages.expanded_quotes import quote_at
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import Scope
from tests.bot.discord.buttons.answers import (
    ARTICLE,
    answered,
    labels,
    long_answer,
    shown,
    votes,
)
from tests.bot.discord.world import QUESTION, Engine, World, change_settings

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
    change_settings(
        simcord_bot.server_settings, world.guild.id, MANAGER, "roles", roles=frozenset({5})
    )
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
    simcord_bot.server_settings.change_scope(
        world.guild.id, MANAGER, "scope", world.channel.id, scope
    )
    result = await world.reader.click(message, label=label)
    assert "of an article that this channel may not see" in shown(result)
    assert "paragraph" not in shown(result)
    assert ARTICLE.title not in shown(result)


async def test_a_key_is_of_no_use_in_another_server_or_directly(
    world: World, simcord_bot: QuothClient, store: Store, engine: Engine
) -> None:
    """Not for what was asked, nor for what it got, nor to vote or to ask on."""
    private = "Is the director ill?"
    asked = await simcord_bot.answer_service.ask(private, origin=QuestionOrigin(7))
    key = asked.key
    assert key is not None
    channel = simcord_bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    for item in (
        MoreButton(key, 0),
        VoteButton(key, right=True),
        AsTypedButton(key),
    ):
        message = await channel.send("x", view=ui.View(timeout=None).add_item(item))
        result = await world.reader.click(message, label=item.item.label)
        assert shown(result) == "I no longer know what was asked here; please ask again."
    assert votes(store) == []
    for server in (world.guild.id, None):
        await simcord_bot.answer_service.ask(
            "And when?", origin=QuestionOrigin(server, follows=key)
        )
        assert engine.history[-1] == []
    await simcord_bot.answer_service.ask("And when?", origin=QuestionOrigin(7, follows=key))
    assert [turn.question for turn in engine.history[-1]] == [private]


async def test_a_private_answer_sent_directly_has_no_buttons_and_says_where_they_are(
    world: World, simcord_bot: QuothClient
) -> None:
    """In direct messages they would do what they do on other terms than the server's."""
    change_settings(
        simcord_bot.server_settings, world.guild.id, MANAGER, "private answers", private=True
    )
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    [message] = world.direct()
    assert labels(message) == []
    assert "`/ask` in the server" in message.content
    assert "paragraph 2" in message.content
    asked = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert asked.response is not None
    assert "no buttons" not in shown(asked)
    assert "paragraph 3" in shown(await world.reader.click(asked.response, label="Context"))


@pytest.mark.parametrize("label", ["More", "Context"])
async def test_what_is_shown_of_an_article_is_written_in_the_worker_thread(
    world: World, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    """The event loop has other things to do than to read through megabytes."""
    message = await answered(world)
    threads = set()

    def noting(*place: Any) -> Any:
        threads.add(threading.current_thread().name)
        return quote_at(*place)

    for module in ("messages.expanded_quotes", "buttons.handlers"):
        monkeypatch.setattr(f"bot.discord.{module}.quote_at", noting)
    await world.reader.click(message, label=label)
    assert threads == {"ask_0"}
