"""Runs the bot: logs in, stays connected, stops at a signal, and says what went wrong in one line.

discord.py resumes what was dropped, and waits between its tries. What it gives up on but may pass
is begun again here; what cannot pass, such as a token that was reset, ends the bot.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any, cast

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

from bot.discord.client import QuothClient
from bot.discord.operations.metrics import Metrics, showing
from bot.discord.operations.permissions import missing_permissions
from bot.wording import counted
from retrieval.errors import QuothError

_log = logging.getLogger(__name__)

_SECONDS_TO_LEAVE = 9.5  # Docker kills what does not leave in ten
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0  # seconds before it is begun again
_LONG = 60.0  # seconds: what was connected for so long had begun well
# Connections to the gateway: a thousand a day end with a new token, by Discord's decision.
_CONNECTIONS_AT_ONCE, _SECONDS_BETWEEN = 5, 5.0

_MAY_PASS = (
    OSError,
    aiohttp.ClientError,
    discord.DiscordException,
    ReconnectWebSocket,
)
_REFUSED = (
    "Discord refused the bot's token; set DISCORD_TOKEN to the one that the developer portal shows"
)
# What the gateway closes with and means for good.
_FINAL = {
    4004: _REFUSED,
    4010: "Discord refused the number of the shard",
    4011: "Discord wants more shards than there are; start the bot again",
    4012: "Discord no longer speaks this version of its gateway; run: pip install -U discord.py",
    4013: "Discord refused the intents; run: pip install -U quoth",
    4014: "Discord refused the intents; run: pip install -U quoth",
}


class BotError(QuothError):
    """The bot cannot log in, or Discord cannot be reached."""


def run(
    token: str,
    make_client: Callable[[], QuothClient],
    metrics: Metrics | None = None,
    metrics_port: int = 0,
) -> None:
    """Run the bot until it is told to stop (SIGINT or SIGTERM).

    Args:
        token: the bot's token, as Discord's developer portal shows it.
        make_client: makes the client; a new one where the connection has to be begun again.
        metrics: what the clients count in; the bot's state is shown in it too.
        metrics_port: where on this machine that is shown.

    Raises:
        BotError: Discord refused the token, or cannot be reached.
        PortError: the port cannot be used.
    """
    running = _Running(token, make_client)
    try:
        asyncio.run(running.serve(metrics, metrics_port))
    except _MAY_PASS as error:
        raise BotError(_line(error)) from error
    finally:
        running.left()


class _Running:
    """One run, over one or more connections."""

    def __init__(self, token: str, make_client: Callable[[], QuothClient]) -> None:
        self._token = token
        self._make_client = make_client
        self._client: QuothClient | None = None
        self._pace = _Pace()
        # In a thread: the event loop may be what does not end.
        self._deadline = threading.Timer(_SECONDS_TO_LEAVE, _leave_by_force)
        self._deadline.daemon = True

    def left(self) -> None:
        """Nothing has to be ended by force any more."""
        self._deadline.cancel()

    async def serve(self, metrics: Metrics | None, port: int) -> None:
        """Stay connected until told to stop."""
        serving = cast(asyncio.Task[None], asyncio.current_task())

        def stop() -> None:
            if not self._deadline.is_alive():
                self._deadline.start()
            serving.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C works there
                asyncio.get_running_loop().add_signal_handler(number, stop)
        async with AsyncExitStack() as stack:
            if metrics:
                self._show(metrics)
                await stack.enter_async_context(showing(metrics, port, self._is_healthy))
            with suppress(asyncio.CancelledError):
                await self._stay_connected()

    async def _stay_connected(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            ready = asyncio.Event()
            try:
                await self._connect(ready)
                return
            except _MAY_PASS as error:
                if _is_final(error) or not (ready.is_set() or pause > _FIRST_PAUSE):
                    raise
                if time.monotonic() - began >= _LONG:
                    pause = _FIRST_PAUSE
                _log.warning("%s; beginning again in %.0f s", _line(error), pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _connect(self, ready: asyncio.Event) -> None:
        async with self._make_client() as client:
            self._client = client
            client.http.ws_connect = self._pace.of(client.http.ws_connect)  # type: ignore[method-assign]

            @client.event
            async def on_ready() -> None:
                ready.set()
                _log.info("connected to Discord: %s", counted(len(client.guilds), "server"))
                for guild in client.guilds:
                    _tell_what_is_missing_permissions(guild)

            @client.event
            async def on_guild_join(guild: discord.Guild) -> None:
                _tell_what_is_missing_permissions(guild)

            try:
                await client.login(self._token)
            except ValueError:  # no header can carry it
                raise discord.LoginFailure from None
            await client.connect()

    def _is_healthy(self) -> bool:
        client = self._client
        return client is not None and client.is_ready() and _open_shards(client) > 0 and (
            _open_shards(client) == len(client.shards)
        )  # fmt: skip

    def _show(self, metrics: Metrics) -> None:
        def servers() -> float:
            return len(self._client.guilds) if self._client else 0

        def shards() -> float:
            return _open_shards(self._client) if self._client else 0

        metrics.measured("quoth_servers", "Servers that the bot is in.", servers)
        metrics.measured("quoth_shards_connected", "Connections to Discord's gateway.", shards)


class _Pace:
    """Has connections wait where they come too fast, over all clients of a run."""

    def __init__(self) -> None:
        self._full = 0.0  # when all connections at once may be made again

    def of(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        """The same way to connect, at a pace."""

        async def connect_in_time(*arguments: Any, **options: Any) -> Any:
            now = time.monotonic()
            ahead = max(0.0, self._full - now)
            self._full = now + ahead + _SECONDS_BETWEEN
            await asyncio.sleep(max(0.0, ahead - (_CONNECTIONS_AT_ONCE - 1) * _SECONDS_BETWEEN))
            return await connect(*arguments, **options)

        return connect_in_time


def _open_shards(client: QuothClient) -> int:
    return sum(not shard.is_closed() for shard in client.shards.values())


def _tell_what_is_missing_permissions(guild: discord.Guild) -> None:
    if missing := missing_permissions(guild):
        _log.warning(
            "server %d keeps back %s: answers may not arrive; quoth serve --invite makes a link"
            " that asks for it",
            guild.id,
            ", ".join(missing),
        )


def _is_final(error: BaseException) -> bool:
    if isinstance(error, discord.HTTPException):
        return 400 <= error.status < 500 and error.status != 429
    return isinstance(error, discord.LoginFailure | discord.PrivilegedIntentsRequired) or (
        isinstance(error, discord.ConnectionClosed) and error.code in _FINAL
    )


def _line(error: BaseException) -> str:
    if isinstance(error, discord.LoginFailure):
        return _REFUSED
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return _FINAL[4014]
    if isinstance(error, discord.ConnectionClosed):
        return _FINAL.get(error.code, f"Discord ended the connection (code {error.code})")
    if isinstance(error, discord.HTTPException):
        return f"Discord answered with status {error.status}; try again later"
    if isinstance(error, discord.DiscordException | ReconnectWebSocket):
        return f"Discord ended the connection: {type(error).__name__}"
    return "Discord cannot be reached; check the network"


def _leave_by_force() -> None:
    _log.error("what was asked last does not end; leaving without it")
    logging.shutdown()
    os._exit(1)
