"""Base classes for commands, views and modals that require Manage Server."""

import discord
from discord import app_commands

from bot.discord.messages.error_messages import error_message
from bot.discord.messages.replies import log_unsent
from bot.discord.operations.permissions import manages

_NOT_ALLOWED = "Only those who may manage this server (Manage Server) can do that."


async def check_manager(interaction: discord.Interaction) -> bool:
    """Check for Manage Server; the member is told privately where it is missing.

    It is checked at each interaction: a server can give a command to anybody, and take the
    permission away while a message with buttons is still there.
    """
    if manages(interaction):
        return True
    await send_ephemeral(interaction, _NOT_ALLOWED)
    return False


async def send_ephemeral(interaction: discord.Interaction, text: str) -> None:
    """Send an ephemeral message, as the response or as a follow-up to it."""
    with log_unsent(interaction.channel_id):
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)


async def send_error(interaction: discord.Interaction, error: Exception) -> None:
    await send_ephemeral(interaction, error_message(error))


class ManagerGroup(app_commands.Group):
    """Commands that Discord shows only to members with Manage Server, and that check it again."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(
            name=name,
            description=description,
            guild_only=True,
            default_permissions=discord.Permissions(manage_guild=True),
        )

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        return await check_manager(interaction)

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Send the line for an error; a failed check has sent its own."""
        if isinstance(error, app_commands.CommandInvokeError):
            await send_error(interaction, error.original)
        elif not isinstance(error, app_commands.CheckFailure):
            await send_error(interaction, error)


class _ManagerOnly:
    """Checks each use of a view or a modal for Manage Server, and sends the line for an error."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        return await check_manager(interaction)

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: object = None, /
    ) -> None:
        await send_error(interaction, error)


class ManagerView(_ManagerOnly, discord.ui.View):
    """Components for members with Manage Server; they expire as the response does."""

    def __init__(self) -> None:
        super().__init__(timeout=14 * 60)


class ManagerForm(_ManagerOnly, discord.ui.Modal):
    """A modal for members with Manage Server."""
