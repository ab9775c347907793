"""Sends replies, and says what happens when Discord rejects them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
from discord import ui

from bot.discord.operations import traces

_log = logging.getLogger(__name__)

# What sending can raise: Discord rejects it, or cannot be reached.
SENDING_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)

_NOTICE_SECONDS, _HINT_SECONDS = 20.0, 30.0  # then Discord deletes the message
_REFERENCE_GONE = (50035, 10008)  # error codes: invalid form body, unknown message

_USES_COMPONENTS = (discord.InteractionType.component, discord.InteractionType.modal_submit)
_SECONDS_TO_RESPOND = 2.0  # Discord waits three
_POLL_INTERVAL = 0.05

EXPIRED = "This has expired; run the command again."
_USE_ASK = "I can't send you a direct message; use `/ask`, and only you will see what I say."
_MAY_NOT_WRITE = "I may not write in <#{}>. Ask me here, or use `/ask` there."


@dataclass(frozen=True, slots=True)
class Reply:
    """A message's text, and the buttons under it."""

    text: str
    view: ui.View | None = None


async def edit_reply(interaction: discord.Interaction[Any], reply: Reply) -> None:
    """Edit the response to a deferred interaction; raises one of ``SENDING_ERRORS``."""
    await interaction.edit_original_response(content=reply.text, view=reply.view)


async def reply_to(message: discord.Message, reply: Reply) -> None:
    """Reply to a message; without permission to, tell its author by direct message.

    Raises:
        Exception: one of ``SENDING_ERRORS``.
    """
    view = cast(ui.View, reply.view)  # discord.py's types do not know that None means no view
    try:
        try:
            await message.reply(reply.text, view=view, mention_author=False)
        except discord.HTTPException as error:
            # After any other error, such as Discord's own, it may be there all the same.
            if not isinstance(error, discord.Forbidden) and error.code not in _REFERENCE_GONE:
                raise
            # The question was deleted, or the bot may write here but not read what came
            # before: then the answer is a message on its own.
            await message.channel.send(reply.text, view=view)
    except discord.Forbidden:
        await message.author.send(_MAY_NOT_WRITE.format(message.channel.id))
        raise


async def dm_reply(message: discord.Message, reply: Reply) -> None:
    """Reply by direct message to the author; who takes none is told in the channel how to ask."""
    view = cast(ui.View, reply.view)  # discord.py's types do not know that None means no view
    try:
        await message.author.send(reply.text, view=view)
    except SENDING_ERRORS:
        with log_unsent(message.channel.id):
            await message.reply(_USE_ASK, mention_author=False, delete_after=_HINT_SECONDS)


async def dm_notice(message: discord.Message, line: str) -> None:
    """Send a line by direct message to the author; who takes none is shown it in the channel.

    Raises:
        Exception: one of ``SENDING_ERRORS``.
    """
    try:
        await message.author.send(line)
    except discord.HTTPException:
        await message.reply(line, mention_author=False, delete_after=_NOTICE_SECONDS)


def status_editor(interaction: discord.Interaction[Any]) -> Callable[[str], Awaitable[object]]:
    """Shows a status line as the response to a deferred interaction, until the answer."""

    async def show_status(line: str) -> None:
        with suppress(*SENDING_ERRORS):  # the answer matters more
            await interaction.edit_original_response(content=line)

    return show_status


class StatusMessage:
    """A reply with a status line, until the answer to a message is sent."""

    def __init__(self, message: discord.Message) -> None:
        self._message = message
        self._shown: discord.Message | None = None

    async def show(self, line: str) -> None:
        with suppress(*SENDING_ERRORS):  # the answer matters more
            if self._shown is None:
                self._shown = await self._message.reply(line, mention_author=False)
            else:
                await self._shown.edit(content=line)

    async def delete(self) -> None:
        if self._shown is not None:
            with suppress(*SENDING_ERRORS):
                await self._shown.delete()


@contextmanager
def log_unsent(channel_id: int | None) -> Iterator[None]:
    """Log that what was sent in the block was rejected, or did not arrive."""
    try:
        yield
    except SENDING_ERRORS as error:
        # Discord's own error alone: others may quote the message.
        why = str(error) if isinstance(error, discord.HTTPException) else type(error).__name__
        why = " ".join(why.split())
        traces.set_outcome("unsent")
        _log.warning("an answer could not be sent to channel %s: %s", channel_id, why)


async def tell_expired(interaction: discord.Interaction[Any]) -> None:
    """Respond to a component or a modal that no view handles, as after a restart.

    discord.py ignores unknown components; a handler that is only slow gets two seconds first.
    """
    if interaction.type not in _USES_COMPONENTS:
        return
    for _ in range(int(_SECONDS_TO_RESPOND / _POLL_INTERVAL)):
        if interaction.response.is_done():
            return
        await asyncio.sleep(_POLL_INTERVAL)
    if interaction.response.is_done() or interaction.client.is_closed():
        return
    with log_unsent(interaction.channel_id):
        await interaction.response.send_message(EXPIRED, ephemeral=True)
