"""What Discord is told where the library is on a server. No server is needed for it."""

import logging

import pytest
from simcord.results import InteractionResult

from bot.discord.messages.error_messages import NOT_HERE
from bot.discord.uploads.article_service import ArticleService
from retrieval.errors import NeedsFolderError
from retrieval.library.location import MilvusPlace
from tests.bot.discord.world import InProcessWorker, World

PLACE = MilvusPlace("vectors.example", 19530, "news", user="me", password="s3cret")  # noqa: S106


@pytest.fixture
def article_service(index_worker: InProcessWorker) -> ArticleService:
    return ArticleService(index_worker.store, PLACE, index_worker)


def said(result: InteractionResult) -> str:
    """What is said last."""
    assert result.ephemeral
    shown = [each for each in (result.response, *result.followups) if each]
    return shown[-1].content


@pytest.mark.parametrize("command", ["list", "status", "reindex", "add", "remove"])
async def test_what_needs_a_folder_is_refused_in_one_line(
    world: World, command: str, caplog: pytest.LogCaptureFixture, index_worker: InProcessWorker
) -> None:
    options = {"article": "The talks"} if command == "remove" else {}
    with caplog.at_level(logging.INFO):
        shown = await world.manager.slash(world.channel, f"articles {command}", **options)
        if command == "add":
            shown = await world.manager.submit_modal(shown, {"files": [("a.txt", b"A\n\nWords.")]})
    assert said(shown) == NOT_HERE
    assert index_worker.requests == []
    # discord.py hands on what a command raised, once the person was told.
    assert all(isinstance(each.__cause__, NeedsFolderError) for each in world.env.errors)
    # Who runs the bot is told more, and nobody the password.
    assert "needs a library in a folder; set QUOTH_LIBRARY to one" in caplog.text
    assert "s3cret" not in caplog.text


async def test_nobody_is_offered_sources_that_cannot_be_listed(world: World) -> None:
    found = await world.reader.autocomplete(world.channel, "ask", "source", "")
    assert found == []
