"""What Discord is told where the library is on a server that is away. None is needed for it."""

import logging

import pytest
from simcord.results import InteractionResult

from bot.discord.uploads.article_service import ArticleService
from retrieval.errors import LibraryError
from retrieval.library.milvus.location import MilvusLocation
from tests.bot.discord.world import InProcessWorker, World

PLACE = MilvusLocation("127.0.0.1", 9, "news", user="me", password="s3cret")  # noqa: S106


@pytest.fixture
def article_service(index_worker: InProcessWorker) -> ArticleService:
    return ArticleService(index_worker.store, PLACE, index_worker)


def said(result: InteractionResult) -> str:
    """What is said last."""
    assert result.ephemeral
    shown = [each for each in (result.response, *result.followups) if each]
    return shown[-1].content


@pytest.mark.parametrize("command", ["list", "status", "remove"])
async def test_a_server_that_is_away_is_told_in_one_line(
    world: World, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("pymilvus")
    options = {"article": "The talks"} if command == "remove" else {}
    with caplog.at_level(logging.INFO):
        shown = await world.manager.slash(world.channel, f"articles {command}", **options)
    assert said(shown).startswith("The articles cannot be read just now (reference ")
    # discord.py hands on what a command raised, once the person was told.
    assert all(isinstance(each.__cause__, LibraryError) for each in world.env.errors)
    world.env.errors.clear()
    # Who runs the bot is told more, and nobody the password.
    assert "127.0.0.1:9/news: the library can't be reached" in caplog.text
    assert "s3cret" not in caplog.text + said(shown)


async def test_nobody_is_offered_sources_that_cannot_be_listed(world: World) -> None:
    found = await world.reader.autocomplete(world.channel, "ask", "source", "")
    assert found == []
