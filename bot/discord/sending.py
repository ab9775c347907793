"""What can go wrong when something is sent, and the log of it."""

import logging

import aiohttp
import discord

_log = logging.getLogger(__name__)

# What sending can raise: Discord refuses, or cannot be reached.
SENDING_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)


def log_unsent(channel_id: int | None, error: Exception) -> None:
    """Log that Discord did not take an answer."""
    # Only what Discord says: other messages may quote what was to be sent.
    why = str(error) if isinstance(error, discord.HTTPException) else type(error).__name__
    _log.warning("an answer could not be sent to channel %s: %s", channel_id, " ".join(why.split()))
