"""The button that undoes a removal: a persistent component, it works after a restart too."""

import logging
import re
from typing import Any, Self

import discord

from bot.discord.managing.base import check_manager, send_error
from bot.discord.messages.escape import escaped_title, one_line
from bot.discord.uploads.article_service import ArticleService
from retrieval.errors import QuothError

_log = logging.getLogger(__name__)

_TITLE = 80
_NOT_YET = "Until the library is in step, which is tried every minute, it is not found yet."


class UndoRemovalButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"quoth:put-back:(?P<key>[\w-]{11})",
):
    """Restores the removed article with that ``id_key``."""

    def __init__(self, key: str) -> None:
        super().__init__(
            discord.ui.Button(
                label="Undo", style=discord.ButtonStyle.secondary, custom_id=f"quoth:put-back:{key}"
            )
        )
        self._key = key

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        return cls(match["key"])

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        return await check_manager(interaction)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        article_service: ArticleService = interaction.client.article_service
        try:
            await interaction.response.defer()
            title = await article_service.undo_removal(
                interaction.guild_id or 0, interaction.user.id, self._key
            )
            if title is None:
                line = "It was put back already."
                await interaction.edit_original_response(content=line, view=None)
                return
            named = f"**{escaped_title(title, _TITLE)}**"
            line = f"{named} is kept again. {_NOT_YET}"
            await interaction.edit_original_response(content=line, view=None)
            try:
                await article_service.sync()
            except QuothError as error:  # the line says so already
                _log.warning("what was put back waits: %s", one_line(str(error), 300))
                return
            await interaction.edit_original_response(content=f"{named} is back.")
        except Exception as error:
            await send_error(interaction, error)
