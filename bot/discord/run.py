"""Runs the bot: logs in, stays connected, stops at a signal, and reports errors in one line.

discord.py reconnects and resumes sessions. Where it gives up on a transient error, a new client is
made here, with exponential back-off; a fatal error, such as a token that was reset, ends the bot.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Protocol, cast

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

from bot.discord.client import QuothClient
from bot.discord.operations.metrics import Metrics, serve_metrics
from bot.discord.operations.permissions import missing_permissions
from bot.wording import counted
from retrieval.errors import QuothError

_log = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT = 9.5  # seconds; Docker sends SIGKILL after ten
_FIRST_BACKOFF, _LONGEST_BACKOFF = 5.0, 300.0  # seconds
_STABLE = 60.0  # seconds; a connection that lasted longer resets the back-off
# Connections to the gateway: Discord resets the token of a bot that identifies 1,000 times a day.
_CONNECT_BURST, _CONNECT_INTERVAL = 5, 5.0

_TRANSIENT_ERRORS = (OSError, aiohttp.ClientError, discord.DiscordException, ReconnectWebSocket)
_LOGIN_REFUSED = (
    "Discord refused the bot's token; set DISCORD_TOKEN to the one that the developer portal shows"
)
# Close codes of the gateway after which reconnecting is no use.
_FATAL_CLOSE_CODES = {
    4004: _LOGIN_REFUSED,
    4010: "Discord refused the number of the shard",
    4011: "Discord wants more shards than there are; start the bot again",
    4012: "Discord no longer speaks this version of its gateway; run: pip install -U discord.py",
    4013: "Discord refused the intents; run: pip install -U quoth",
    4014: "Discord refused the intents; run: pip install -U quoth",
}


class _Connect(Protocol):
    async def __call__(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse: ...


class BotError(QuothError):
    """The bot cannot log in, or Discord cannot be reached."""


def run(
    token: str,
    make_client: Callable[[], QuothClient],
    metrics: Metrics | None = None,
    metrics_port: int = 0,
) -> None:
    """Run the bot until SIGINT or SIGTERM.

    Args:
        token: the bot's token, from Discord's developer portal.
        make_client: returns a new client, for each time that discord.py gives up.
        metrics: that the clients count in; gauges of the connection are added.

    Raises:
        BotError: Discord refused the token, or cannot be reached.
        PortError: the port cannot be used.
    """
    bot_run = _BotRun(token, make_client)
    try:
        asyncio.run(bot_run.serve(metrics, metrics_port))
    except _TRANSIENT_ERRORS as error:
        raise BotError(_error_line(error)) from error
    finally:
        bot_run.cancel_deadline()


class _BotRun:
    """One run of the bot, over one or more clients."""

    def __init__(self, token: str, make_client: Callable[[], QuothClient]) -> None:
        self._token = token
        self._make_client = make_client
        self._client: QuothClient | None = None
        self._connect_limit = _ConnectLimit()
        # In a thread: the event loop may be what hangs.
        self._deadline = threading.Timer(_SHUTDOWN_TIMEOUT, _exit_by_force)
        self._deadline.daemon = True

    def cancel_deadline(self) -> None:
        self._deadline.cancel()

    async def serve(self, metrics: Metrics | None, port: int) -> None:
        """Stay connected until a signal."""
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
                self._add_gauges(metrics)
                await stack.enter_async_context(serve_metrics(metrics, port, self._is_healthy))
            with suppress(asyncio.CancelledError):
                await self._stay_connected()

    async def _stay_connected(self) -> None:
        backoff = _FIRST_BACKOFF
        while True:
            began = time.monotonic()
            ready = asyncio.Event()
            try:
                await self._connect(ready)
                return
            except _TRANSIENT_ERRORS as error:
                if _is_fatal(error) or not (ready.is_set() or backoff > _FIRST_BACKOFF):
                    raise
                if time.monotonic() - began >= _STABLE:
                    backoff = _FIRST_BACKOFF
                _log.warning("%s; beginning again in %.0f s", _error_line(error), backoff)
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, _LONGEST_BACKOFF)

    async def _connect(self, ready: asyncio.Event) -> None:
        async with self._make_client() as client:
            self._client = client
            limited = self._connect_limit.wrap(client.http.ws_connect)
            client.http.ws_connect = limited  # type: ignore[method-assign]

            @client.event
            async def on_ready() -> None:
                ready.set()
                _log.info("connected to Discord: %s", counted(len(client.guilds), "server"))
                for guild in client.guilds:
                    _warn_of_missing_permissions(guild)

            @client.event
            async def on_guild_join(guild: discord.Guild) -> None:
                _warn_of_missing_permissions(guild)

            try:
                await client.login(self._token)
            except ValueError:  # it contains characters that no HTTP header can
                raise discord.LoginFailure from None
            await client.connect()

    def _is_healthy(self) -> bool:
        client = self._client
        if client is None or not client.is_ready():
            return False
        return 0 < _open_shards(client) == len(client.shards)

    def _add_gauges(self, metrics: Metrics) -> None:
        def servers() -> float:
            return len(self._client.guilds) if self._client else 0

        def shards() -> float:
            return _open_shards(self._client) if self._client else 0

        metrics.add_gauge("quoth_servers", "Servers that the bot is in.", servers)
        metrics.add_gauge("quoth_shards_connected", "Connections to Discord's gateway.", shards)


class _ConnectLimit:
    """A leaky bucket for connections to the gateway, over all clients of a run.

    discord.py 2.7 backs off where a connection fails, but ``Shard.reidentify`` resumes at once
    where the gateway accepts the connection and then closes it: without this limit, a gateway in
    that state gets 500 connections a second (``test_a_gateway_that_is_away_for_long_…``).
    """

    def __init__(self) -> None:
        self._empty_at = 0.0  # when the bucket will be empty

    def wrap(self, connect: _Connect) -> _Connect:
        """``HTTPClient.ws_connect``, waiting for room in the bucket first."""

        async def limited(url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
            now = time.monotonic()
            level = max(0.0, self._empty_at - now)
            self._empty_at = now + level + _CONNECT_INTERVAL
            await asyncio.sleep(max(0.0, level - (_CONNECT_BURST - 1) * _CONNECT_INTERVAL))
            return await connect(url, compress=compress)

        return limited


def _open_shards(client: QuothClient) -> int:
    return sum(not shard.is_closed() for shard in client.shards.values())


def _warn_of_missing_permissions(guild: discord.Guild) -> None:
    if missing := missing_permissions(guild):
        _log.warning(
            "server %d keeps back %s: answers may not arrive; quoth serve --invite makes a link"
            " that asks for it",
            guild.id,
            ", ".join(missing),
        )


def _is_fatal(error: BaseException) -> bool:
    if isinstance(error, discord.HTTPException):
        return 400 <= error.status < 500 and error.status != 429
    return isinstance(error, discord.LoginFailure | discord.PrivilegedIntentsRequired) or (
        isinstance(error, discord.ConnectionClosed) and error.code in _FATAL_CLOSE_CODES
    )


def _error_line(error: BaseException) -> str:
    if isinstance(error, discord.LoginFailure):
        return _LOGIN_REFUSED
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return _FATAL_CLOSE_CODES[4014]
    if isinstance(error, discord.ConnectionClosed):
        return _FATAL_CLOSE_CODES.get(
            error.code, f"Discord ended the connection (code {error.code})"
        )
    if isinstance(error, discord.HTTPException):
        return f"Discord answered with status {error.status}; try again later"
    if isinstance(error, discord.DiscordException | ReconnectWebSocket):
        return f"Discord ended the connection: {type(error).__name__}"
    return "Discord cannot be reached; check the network"


def _exit_by_force() -> None:
    _log.error("what was asked last does not end; leaving without it")
    logging.shutdown()
    os._exit(1)
