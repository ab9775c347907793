"""Sending what was found, and what becomes of it when Discord does not take it."""

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

# What sending can raise: Discord refuses, or cannot be reached.
SENDING_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)

_SECONDS_SHOWN = 20.0
_REFERENCE_GONE = (50035, 10008)  # what is replied to is unknown: a wrong form, or message

_USES_COMPONENTS = (discord.InteractionType.component, discord.InteractionType.modal_submit)
_SECONDS_TO_RESPOND = 2.0  # Discord waits three
_POLL_INTERVAL = 0.05

EXPIRED = "This has expired; run the command again."
_MAY_NOT_WRITE = "I may not write in <#{}>. Ask me here, or use `/ask` there."


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person is shown: a message's text, and the buttons under it."""

    text: str
    view: ui.View | None = None


async def edit_reply(interaction: discord.Interaction[Any], reply: Reply) -> None:
    """Show a reply where an interaction was deferred.

    Raises:
        Exception: one of ``SENDING_ERRORS``.
    """
    await interaction.edit_original_response(content=reply.text, view=reply.view)


async def reply_to(message: discord.Message, reply: Reply) -> None:
    """Answer a message, or tell who wrote it directly that the bot may not write there.

    Raises:
        Exception: one of ``SENDING_ERRORS``.
    """
    view = cast(ui.View, reply.view)  # None is none, whatever discord.py's types say
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


async def tell_privately(message: discord.Message, line: str) -> None:
    """Tell who wrote a message what concerns nobody else.

    Raises:
        Exception: one of ``SENDING_ERRORS``.
    """
    try:
        await message.author.send(line)
    except discord.HTTPException:  # who takes no direct messages is told there, for a while
        await message.reply(line, mention_author=False, delete_after=_SECONDS_SHOWN)


def telling(interaction: discord.Interaction[Any]) -> Callable[[str], Awaitable[object]]:
    """What shows a line where an answer is waited for; the answer takes its place."""

    async def tell(line: str) -> None:
        with suppress(*SENDING_ERRORS):  # the answer matters more
            await interaction.edit_original_response(content=line)

    return tell


class Waiting:
    """A line under a message for as long as its answer is waited for."""

    def __init__(self, message: discord.Message) -> None:
        self._message = message
        self._shown: discord.Message | None = None

    async def tell(self, line: str) -> None:
        """Show a line, in place of the one before."""
        with suppress(*SENDING_ERRORS):  # the answer matters more
            if self._shown is None:
                self._shown = await self._message.reply(line, mention_author=False)
            else:
                await self._shown.edit(content=line)

    async def over(self) -> None:
        """Take it away."""
        if self._shown is not None:
            with suppress(*SENDING_ERRORS):
                await self._shown.delete()


@contextmanager
def log_unsent(channel_id: int | None) -> Iterator[None]:
    """Log that Discord did not take what was sent inside."""
    try:
        yield
    except SENDING_ERRORS as error:
        # Only what Discord says: other messages may quote what was to be sent.
        why = str(error) if isinstance(error, discord.HTTPException) else type(error).__name__
        why = " ".join(why.split())
        traces.became("unsent")
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
