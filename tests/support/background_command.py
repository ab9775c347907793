"""A command that stays, as a process in the background, and what it says."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.watch_process import Watcher

# The bot without Discord: it is connected until a signal ends it.
SERVE = """
import asyncio, sys
import discord

async def login(client, token):
    pass

async def connect(client):
    print("connected", file=sys.stderr, flush=True)
    await asyncio.sleep(600)

discord.AutoShardedClient.login, discord.AutoShardedClient.connect = login, connect
from bot.cli.main import main
main(sys.argv[1:])
"""


@contextmanager
def running(cwd: Path, command: Sequence[str], **env: str) -> Iterator[Watcher]:
    """Run a command for as long as the block runs; what it says on standard error is heard."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "DISCORD_TOKEN": "not.a.token", **env},
        stdin=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        watcher = Watcher(process)
        try:
            yield watcher
        finally:
            watcher.end()


def says(watcher: Watcher, words: str) -> None:
    """Wait for a line with these words."""
    watcher.until(lambda: any(words in line for line in watcher.lines))
