"""A bot in a simulated Discord: its engine, and the server that it is in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import simcord

from bot.discord.archive import Archive
from bot.discord.client import QuothClient
from bot.discord.desk import Desk
from bot.discord.server_settings import Servers
from bot.discord.store import Store
from bot.discord.tables import TABLES
from tests.discord.world import Engine, Kept, Shelf, World


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as store:
        yield Shelf(store, tmp_path / "library")


@pytest.fixture
def kept(shelf: Shelf) -> Kept:
    return Servers(shelf.store), Archive(shelf.store, shelf.library, shelf)


@pytest.fixture
async def simcord_bot(engine: Engine, kept: Kept) -> AsyncIterator[QuothClient]:
    async with QuothClient(Desk(engine), *kept) as client:
        client.shard_count = 1  # else Discord is asked how many are due
        yield client


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)
