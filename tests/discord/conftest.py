"""A bot in a simulated Discord: its engine, and the server that it is in."""

from collections.abc import AsyncIterator

import pytest
import simcord

from bot.discord_bot import QuothClient
from tests.discord.world import Engine, World


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def simcord_bot(engine: Engine) -> AsyncIterator[QuothClient]:
    client = QuothClient(engine.ask)
    yield client
    await client.close()


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)
