"""The button that undoes a removal; it works after a restart, too."""

import re
from typing import Protocol, Self, cast

import discord

from bot.discord.archive import Archive
from bot.discord.inert import escaped_title
from bot.discord.managing import check, tell_error

_TITLE = 80


class _Keeper(Protocol):
    """The client."""

    archive: Archive


class PutBack(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"quoth:put-back:(?P<key>[\w-]{11})",
):
    """Puts an article back that was removed.

    Args:
        key: the article's.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            discord.ui.Button(
                label="Undo",
                style=discord.ButtonStyle.secondary,
                custom_id=f"quoth:put-back:{key}",
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
        """Make it of what the button carries."""
        return cls(match["key"])

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Whether the person may; who may not is told so."""
        return await check(interaction)

    async def callback(self, interaction: discord.Interaction) -> None:
        """Put it back, and index it."""
        archive = cast(_Keeper, interaction.client).archive
        try:
            await interaction.response.defer()
            title = await archive.put_back(
                interaction.guild_id or 0, interaction.user.id, self._key
            )
            line = "It is there again already."
            if title is not None:
                line = f"**{escaped_title(title, _TITLE)}** is back."
            await interaction.edit_original_response(content=line, view=None)
            await archive.settle()
        except Exception as error:
            await tell_error(interaction, error)
