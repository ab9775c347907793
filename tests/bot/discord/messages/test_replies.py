"""Components and modals that no view handles any more say that they have expired."""

import pytest

from bot.discord.asking.answer_service import AnswerService
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from tests.bot.discord.world import Engine, World, panel


@pytest.mark.parametrize("kind", ["panel", "form"])
async def test_what_nothing_knows_after_a_restart_has_expired(
    world: World, engine: Engine, store: Store, article_service: ArticleService, kind: str
) -> None:
    message = await panel(world)
    form = await world.manager.click(message, custom_id="threshold")
    client = QuothClient(AnswerService(engine, store), ServerSettingsStore(store), article_service)
    client.shard_count = 1
    await world.env.restart_bot(client)
    if kind == "panel":
        result = await world.manager.click(message, custom_id="private")
    else:
        result = await world.manager.submit_modal(form, {"threshold": "50 %"})
    assert result.response is not None
    assert result.response.content == "This has expired; run the command again."
    assert result.response.ephemeral
    assert client.server_settings.get(world.guild.id).min_confidence is None
