"""Runs the bot: logs in, stops at a signal, and says what went wrong in one line."""

import asyncio
import signal
from contextlib import suppress
from typing import cast

import aiohttp
import discord

from bot.discord.archive import Archive
from bot.discord.client import QuothClient
from bot.discord.desk import Desk
from bot.discord.engine import Engine
from bot.discord.server_settings import Servers
from bot.discord.store import Store
from retrieval.errors import QuothError


class BotError(QuothError):
    """The bot cannot log in, or Discord cannot be reached."""


def run(token: str, engine: Engine, store: Store, archive: Archive) -> None:
    """Run the bot until it is told to stop (SIGINT or SIGTERM).

    Args:
        token: the bot's token, as Discord's developer portal shows it.
        engine: what answers.
        store: what the bot keeps.
        archive: which looks after the articles.

    Raises:
        BotError: Discord refused the token, or cannot be reached.
    """
    try:
        asyncio.run(_serve(token, engine, store, archive))
    except discord.HTTPException as error:
        raise BotError(f"Discord answered with status {error.status}; try again later") from error
    except discord.DiscordException as error:
        raise BotError(f"Discord ended the connection: {type(error).__name__}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise BotError("Discord cannot be reached; check the network") from error


async def _serve(token: str, engine: Engine, store: Store, archive: Archive) -> None:
    serving = cast(asyncio.Task[None], asyncio.current_task())
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C works there
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        async with QuothClient(Desk(engine, store), Servers(store), archive) as client:
            try:
                await client.login(token)
            except (discord.LoginFailure, ValueError):  # ValueError: no header can carry it
                raise BotError(
                    "Discord refused the bot's token; set DISCORD_TOKEN to the one that the "
                    "developer portal shows"
                ) from None
            await client.connect()
