"""Commands for those who manage a server: who may use them, and what they are told."""

from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.discord.messages.error_messages import reason
from bot.discord.messages.replies import log_unsent
from bot.discord.operations.permissions import manages

_T = TypeVar("_T")

_NOT_THEIRS = "Only those who may manage this server (Manage Server) can do that."
_SECONDS_BETWEEN_EDITS = 2.0  # Discord takes five in five seconds, of all that the bot edits there


async def check(interaction: discord.Interaction) -> bool:
    """Whether a person may; who may not is told so privately.

    Discord lets a server give a command to anybody, and a right can be taken away while a message
    with buttons is still there: so this is looked at each time.
    """
    if manages(interaction):
        return True
    await tell(interaction, _NOT_THEIRS)
    return False


async def tell(interaction: discord.Interaction, text: str) -> None:
    """Tell the person something privately, whatever was answered before."""
    with log_unsent(interaction.channel_id):
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)


async def tell_error(interaction: discord.Interaction, error: Exception) -> None:
    """Tell the person what went wrong, in one line."""
    await tell(interaction, reason(error))


class ManagersGroup(app_commands.Group):
    """Commands that Discord shows to those with Manage Server alone, and that check it again."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(
            name=name,
            description=description,
            guild_only=True,
            default_permissions=discord.Permissions(manage_guild=True),
        )

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Whether the person may; who may not is told so."""
        return await check(interaction)

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Tell what went wrong; a check that failed did so itself."""
        if isinstance(error, app_commands.CommandInvokeError):
            await tell_error(interaction, error.original)
        elif not isinstance(error, app_commands.CheckFailure):
            await tell_error(interaction, error)


class ManagersView(discord.ui.View):
    """Buttons for those who manage the server; they end with the message's quarter of an hour."""

    def __init__(self) -> None:
        super().__init__(timeout=14 * 60)

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Whether the person may; who may not is told so."""
        return await check(interaction)

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[Any], /
    ) -> None:
        """Tell what went wrong."""
        await tell_error(interaction, error)


class ManagersForm(discord.ui.Modal):
    """A form for those who manage the server."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Whether the person may; who may not is told so."""
        return await check(interaction)

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: object = None, /
    ) -> None:
        """Tell what went wrong."""
        await tell_error(interaction, error)
