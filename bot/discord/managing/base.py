"""Commands for those who manage a server: who may use them, and what they are told."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.discord.messages.error_messages import reason
from bot.discord.messages.escape import escape, one_line
from bot.discord.messages.replies import SENDING_ERRORS, log_unsent
from bot.discord.storage.uploads import UploadError
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer import IndexRequest, IndexResult

_T = TypeVar("_T")

_NOT_THEIRS = "Only those who may manage this server (Manage Server) can do that."
_SECONDS_BETWEEN_EDITS = 2.0  # Discord takes five in five seconds, of all that the bot edits there


def manages(interaction: discord.Interaction) -> bool:
    """Whether a person may look after the server that they are in, now."""
    may = interaction.permissions
    return interaction.guild_id is not None and (may.manage_guild or may.administrator)


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
    await tell(interaction, line_of(error))


def line_of(error: Exception) -> str:
    """The line that a person is shown for an error."""
    if isinstance(error, UploadError):
        return escape(one_line(str(error), 900))
    return reason(error)


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


async def run_with_progress(
    interaction: discord.Interaction, article_service: ArticleService, request: IndexRequest
) -> IndexResult:
    """Have a request done, showing its progress in the answer to a deferred interaction.

    Raises what ``ArticleService.run`` does.
    """
    line = ProgressLine(lambda text: interaction.edit_original_response(content=text))
    return await line.until(article_service.run(request, line))


class ProgressLine:
    """Shows progress by editing one message, and not more often than Discord takes.

    Args:
        show: puts a text into the message.
    """

    def __init__(self, show: Callable[[str], Awaitable[object]]) -> None:
        self._show = show
        self._next = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note what is being done."""
        self._next = f"{stage}: {done:,} of {total:,}" if total else f"{stage} …"

    async def until(self, work: Coroutine[object, object, _T]) -> _T:
        """Show it until some work is done, and return what came of that.

        What is soon done shows nothing before it is.
        """
        task = asyncio.ensure_future(work)
        shown = ""
        try:
            while not (await asyncio.wait({task}, timeout=_SECONDS_BETWEEN_EDITS))[0]:
                if self._next != shown:
                    shown = self._next
                    with suppress(*SENDING_ERRORS):  # the work matters
                        await self._show(shown)
            return task.result()
        finally:
            task.cancel()
