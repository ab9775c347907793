"""A bot in a simulated Discord: its engine, and the server that it is in."""

from collections.abc import AsyncIterator

import pytest
import simcord

from bot.discord.client import QuothClient
from bot.discord.desk import Desk
from tests.discord.world import Engine, World


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def simcord_bot(engine: Engine) -> AsyncIterator[QuothClient]:
    async with QuothClient(Desk(engine)) as client:
        client.shard_count = 1  # else Discord is asked how many are due
        yield client


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)
