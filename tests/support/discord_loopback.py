"""Discord on this machine, only as far as starting, refusing, dropping and resuming need.

It speaks REST and the gateway to a real ``quoth serve``, which ``LAUNCHER`` points at it.
"""

import asyncio
import json
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

BOT, GUILD, CHANNEL, PERSON = (str(198622483471925248 + number) for number in range(4))
TOKEN = f"{b64encode(BOT.encode()).decode()}.Cl2FMQ.secret-of-the-loopback"
NOW = "2026-01-01T00:00:00+00:00"

# The real command, with Discord's addresses changed; without compression, which is aiohttp's.
LAUNCHER = """
import sys
import discord, yarl
from discord.gateway import DiscordWebSocket
base = sys.argv.pop(1)
discord.http.Route.BASE = base + "/api/v10"
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(base.replace("http", "ws", 1) + "/gateway")
connect = DiscordWebSocket.from_client.__func__
DiscordWebSocket.from_client = classmethod(
    lambda cls, client, **options: connect(cls, client, **options, compress=False))
{extra}
from bot.cli.main import main
main(sys.argv[1:])
"""


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py reads what is "application/json" and nothing more.
    return web.Response(
        body=json.dumps(value).encode(),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def _user(number: str, *, bot: bool) -> dict[str, Any]:
    return {"id": number, "username": f"user{number[-1]}", "discriminator": "0", "avatar": None,
            "global_name": None, "bot": bot}  # fmt: skip


_MEMBER = {"roles": [], "joined_at": NOW, "deaf": False, "mute": False, "flags": 0, "nick": None}
_ROLE = {"id": GUILD, "name": "@everyone", "color": 0, "hoist": False, "position": 0,
         "permissions": "274877991936", "managed": False, "mentionable": False,
         "flags": 0}  # fmt: skip
_CHANNEL = {"id": CHANNEL, "type": 0, "name": "questions", "position": 0, "guild_id": GUILD,
            "permission_overwrites": [], "topic": None, "nsfw": False, "parent_id": None,
            "rate_limit_per_user": 0, "last_message_id": None}  # fmt: skip
_GUILD = {"id": GUILD, "name": "Newsroom", "owner_id": PERSON, "roles": [_ROLE],
          "channels": [_CHANNEL], "members": [{**_MEMBER, "user": _user(BOT, bot=True)}],
          "member_count": 2, "emojis": [], "stickers": [], "features": [], "threads": [],
          "stage_instances": [], "guild_scheduled_events": [], "presences": [], "voice_states": [],
          "unavailable": False}  # fmt: skip


@dataclass(slots=True)
class Fault:
    """What happens to requests whose path has ``part`` in it, so many times."""

    part: str
    status: int
    times: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Loopback:
    """Discord, with one server, one channel and one person, and one bot with ``TOKEN``.

    Attributes:
        requests: what the bot asked for: method, path below the API, body, and when.
        connected: how often each thing came over the gateway: ``connect``, ``identify``,
            ``resume``, ``ready`` (which the server sent).
        faults: what goes wrong.
        gateway: what becomes of a connection to the gateway: ``open``, ``refuse`` (502), ``hang
            up`` (before a word), ``drop`` (once it has identified), or the code to close with.
        shards: how many the bot is told to use.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any, float]] = []
        self.connected: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.gateway: str | int = "open"
        self.shards = 1
        self.base = ""
        self._sockets: dict[int, web.WebSocketResponse] = {}
        self._number = int(BOT) + 1_000
        self._sequence = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "Loopback":
        app = web.Application()
        app.router.add_get("/gateway", self._gateway)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner
        self.gateway = "refuse"
        await self.drop(1001)
        await self._runner.cleanup()

    def sent(self, part: str) -> list[Any]:
        """The bodies of what the bot wrote to a path."""
        return [body for method, path, body, _ in self.requests if method != "GET" and part in path]

    async def until(self, condition: Any, seconds: float = 90.0) -> None:
        """Wait for something to be so."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)

    async def drop(self, code: int | None) -> None:
        """Close every connection to the gateway; without a code, as a cut cable does."""
        for socket in [*self._sockets.values()]:
            if code is None:
                assert socket._req is not None
                assert socket._req.transport is not None
                socket._req.transport.abort()
            else:
                await socket.close(code=code)
        self._sockets.clear()

    async def ask_to_reconnect(self) -> None:
        """Say what Discord says before it restarts a gateway."""
        for socket in self._sockets.values():
            await socket.send_json({"op": 7, "d": None})

    async def invalidate(self) -> None:
        """Say that the session is over."""
        for socket in self._sockets.values():
            await socket.send_json({"op": 9, "d": False})

    async def mention(self, question: str) -> str:
        """Have the person mention the bot; returns the message's id."""
        number = self._next()
        await self._dispatch("MESSAGE_CREATE", {
            **self._message(number, f"<@{BOT}> {question}"), "guild_id": GUILD, "member": _MEMBER,
            "author": _user(PERSON, bot=False),
            "mentions": [{**_user(BOT, bot=True), "member": _MEMBER}],
        })  # fmt: skip
        return number

    async def command(self, question: str) -> str:
        """Have the person use ``/ask``; returns the interaction's token."""
        number = self._next()
        token = f"aW50ZXJhY3Rpb24{number}"
        await self._dispatch("INTERACTION_CREATE", {
            "id": number, "application_id": BOT, "type": 2, "token": token, "version": 1,
            "guild_id": GUILD, "channel_id": CHANNEL, "channel": _CHANNEL, "locale": "en-US",
            "member": {**_MEMBER, "user": _user(PERSON, bot=False), "permissions": "2048"},
            "app_permissions": "274877991936", "entitlements": [], "attachment_size_limit": 1 << 23,
            "authorizing_integration_owners": {"0": GUILD}, "context": 0,
            "data": {"id": "7", "name": "ask", "type": 1,
                     "options": [{"name": "question", "type": 3, "value": question}]},
        })  # fmt: skip
        return token

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def _message(self, number: str, content: str) -> dict[str, Any]:
        return {"id": number, "channel_id": CHANNEL, "author": _user(BOT, bot=True),
                "content": content, "timestamp": NOW, "edited_timestamp": None, "tts": False,
                "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [],
                "embeds": [], "pinned": False, "type": 0, "components": []}  # fmt: skip

    async def _dispatch(self, event: str, data: Any, shard: int = 0) -> None:
        self._sequence += 1
        await self._sockets[shard].send_json({"op": 0, "t": event, "s": self._sequence, "d": data})

    async def _rest(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        text = await request.text()
        body = json.loads(text) if request.content_type == "application/json" and text else None
        now = asyncio.get_running_loop().time()
        self.requests.append((request.method, path, body, now))
        for fault in self.faults:
            if fault.part in path and fault.times > 0:
                fault.times -= 1
                headers = {"Via": "1.1 loopback", **fault.headers}
                return _json(fault.body, fault.status, headers)
        if not path.startswith(("interactions", "webhooks")) and (
            request.headers.get("Authorization") != f"Bot {TOKEN}"
        ):
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        return self._answer(request.method, path, body)

    def _answer(self, method: str, path: str, body: Any) -> web.Response:
        content = body.get("content") if isinstance(body, dict) else None
        message = self._message(self._next(), content or "")
        known: dict[str, Any] = {
            "users/@me": _user(BOT, bot=True),
            "oauth2/applications/@me": {
                "id": BOT, "name": "Quoth", "description": "", "icon": None, "bot_public": True,
                "bot_require_code_grant": False, "owner": _user(PERSON, bot=False), "team": None,
                "verify_key": "", "flags": 0, "rpc_origins": []},
            "gateway/bot": {
                "url": self.base.replace("http", "ws", 1) + "/gateway", "shards": self.shards,
                "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 0,
                                        "max_concurrency": 1}},
            f"applications/{BOT}/commands": [],
            f"channels/{CHANNEL}/messages": message,
        }  # fmt: skip
        if path in known:
            return _json(known[path])
        if path.endswith("/typing") or method == "DELETE":
            return web.Response(status=204)
        if path.endswith("/callback"):
            number = path.split("/")[1]
            return _json({"interaction": {"id": number, "type": 2, "response_message_id": number}})
        if path.endswith("/messages/@original") or method == "PATCH":
            return _json(message)
        return _json({"message": "Unknown", "code": 10008}, 404)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        self.connected["connect"] += 1
        if self.gateway == "refuse":
            return web.Response(status=502)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        if self.gateway == "hang up":
            await socket.close(code=1001)
            return socket
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 5_000}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            await self._hear(socket, json.loads(message.data))
        return socket

    async def _hear(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        operation, data = said["op"], said["d"]
        if operation == 1:
            await socket.send_json({"op": 11, "d": None})
        elif operation in (2, 6):
            name = "identify" if operation == 2 else "resume"
            self.connected[name] += 1
            if isinstance(self.gateway, int):
                await socket.close(code=self.gateway)
            elif self.gateway == "drop":
                await socket.close(code=4000)
            elif data["token"] != TOKEN:
                await socket.close(code=4004)
            else:
                await self._welcome(socket, name, data)

    async def _welcome(self, socket: web.WebSocketResponse, how: str, data: Any) -> None:
        shard = int(data["shard"][0]) if how == "identify" else 0
        self._sockets[shard] = socket
        if how == "resume":
            await self._dispatch("RESUMED", {}, shard)
            return
        await self._dispatch(
            "READY",
            {
                "v": 10, "user": _user(BOT, bot=True), "session_id": f"session{shard}",
                "resume_gateway_url": self.base.replace("http", "ws", 1) + "/gateway",
                "guilds": [{"id": GUILD, "unavailable": True}] if shard == 0 else [],
                "application": {"id": BOT, "flags": 0}, "shard": data["shard"],
            },
            shard,
        )  # fmt: skip
        if shard == 0:
            await self._dispatch("GUILD_CREATE", _GUILD, shard)
        self.connected["ready"] += 1
