"""Sending what was found, and what becomes of it when Discord does not take it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
from discord import ui

_log = logging.getLogger(__name__)

# What sending can raise: Discord refuses, or cannot be reached.
SENDING_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)


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
        except discord.HTTPException:
            # The question was deleted, or the bot may write here but not read what came
            # before: then the answer is a message on its own.
            await message.channel.send(reply.text, view=view)
    except discord.Forbidden:
        await message.author.send(_MAY_NOT_WRITE.format(message.channel.id))
        raise


@contextmanager
def log_unsent(channel_id: int | None) -> Iterator[None]:
    """Log that Discord did not take what was sent inside."""
    try:
        yield
    except SENDING_ERRORS as error:
        # Only what Discord says: other messages may quote what was to be sent.
        why = str(error) if isinstance(error, discord.HTTPException) else type(error).__name__
        why = " ".join(why.split())
        _log.warning("an answer could not be sent to channel %s: %s", channel_id, why)
