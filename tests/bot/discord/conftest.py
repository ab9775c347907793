"""A bot in a simulated Discord: its engine, and the server that it is in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import simcord

from bot.discord.asking.answer_service import AnswerService
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from tests.bot.discord.world import Engine, InProcessWorker, World


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as opened:
        yield opened


@pytest.fixture
def index_worker(store: Store, tmp_path: Path) -> InProcessWorker:
    return InProcessWorker(store, tmp_path / "library")


@pytest.fixture
def article_service(index_worker: InProcessWorker) -> ArticleService:
    return ArticleService(index_worker.store, index_worker.library, index_worker)


@pytest.fixture
async def simcord_bot(
    engine: Engine, store: Store, article_service: ArticleService
) -> AsyncIterator[QuothClient]:
    async with QuothClient(
        AnswerService(engine, store), ServerSettingsStore(store), article_service
    ) as client:
        client.shard_count = 1  # else Discord is asked how many are due
        yield client


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)
