"""A real ``quoth serve`` in a process of its own, against the loopback."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.discord_loopback import LAUNCHER, TOKEN, Loopback


@dataclass
class Serving:
    """The process.

    Attributes:
        process: to send signals to.
        lines: what it said on standard error so far.
    """

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    async def listen(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            self.lines.append(line.decode().rstrip("\n"))

    async def ended(self, seconds: float = 90.0) -> int:
        """Wait for its end; returns the exit status."""
        async with asyncio.timeout(seconds):
            return await self.process.wait()


@asynccontextmanager
async def serving(
    discord: Loopback,
    library: Path,
    *,
    token: str = TOKEN,
    extra: str = "",
    env: Mapping[str, str] | None = None,
    flags: tuple[str, ...] = ("--no-watch",),
) -> AsyncIterator[Serving]:
    """Run it for as long as the block runs; what it said never shows a token or a traceback.

    Args:
        discord: what it connects to.
        library: what it answers from.
        token: the bot's.
        extra: Python that runs in it before the command.
        env: its settings.
        flags: of ``quoth serve``.
    """
    launcher = library.parent / "launcher.py"
    launcher.write_text(LAUNCHER.replace("{extra}", extra), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(launcher), discord.base, "serve", "--library", str(library), *flags,
        cwd=library.parent, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, "DISCORD_TOKEN": token, **(env or {})},
    )  # fmt: skip
    running = Serving(process)
    listening = asyncio.create_task(running.listen())
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening
        print(running.said)  # for whoever reads why a test failed
    assert "Traceback" not in running.said
    assert "aW50ZXJhY3Rpb24" not in running.said
    for part in token.split("."):
        assert len(part) < 6 or part not in running.said
