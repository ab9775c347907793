"""A bot in a simulated Discord: its engine, and the server that it is in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import simcord

from bot.discord.asking.answer_service import Desk
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.discord.storage.server_settings import Servers
from bot.discord.uploads.article_service import ArticleService
from tests.bot.discord.world import Engine, Shelf, World


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as opened:
        yield opened


@pytest.fixture
def shelf(store: Store, tmp_path: Path) -> Shelf:
    return Shelf(store, tmp_path / "library")


@pytest.fixture
def article_service(shelf: Shelf) -> ArticleService:
    return ArticleService(shelf.store, shelf.library, shelf)


@pytest.fixture
async def simcord_bot(
    engine: Engine, store: Store, article_service: ArticleService
) -> AsyncIterator[QuothClient]:
    async with QuothClient(Desk(engine, store), Servers(store), article_service) as client:
        client.shard_count = 1  # else Discord is asked how many are due
        yield client


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)
