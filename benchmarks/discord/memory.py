"""The memory of ``quoth serve``, a real process that answers from ``seeds``.

    python -m benchmarks.discord.memory

It runs against a Discord of its own on this machine (``tests/support/discord_loopback.py``), is
asked by mention and by command in turn, and afterwards prints what the bot's process holds and the
most that it held, and the same of the process beside it that keeps the library in step with
``seeds``.
"""

import argparse
import asyncio
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.discord.load import QUESTIONS
from benchmarks.discord.seed_library import SEEDS
from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from tests.support.discord_loopback import Loopback
from tests.support.serve_process import serving

# One person asks everything here: limits have tests of their own.
UNLIMITED = """
import time
from bot.discord.asking.rate_limits import RateLimit, RateLimiter
loose = RateLimit(10_000, 0.01)
RateLimiter.__init__.__defaults__ = (loose, loose, time.monotonic)
"""
_SECONDS_AT_REST = 5.0


async def ask(library: Path, questions: int) -> list[str]:
    """Have a bot asked; returns a line on the memory of each of its processes."""
    env = {"QUOTH_ARTICLES": str(SEEDS)}
    async with (
        Loopback() as discord,
        serving(discord, library, extra=UNLIMITED, env=env, flags=()) as bot,
    ):
        await discord.until(lambda: discord.connected["ready"] == 1)
        for number in range(questions):
            before = len(discord.sent("messages"))
            question = QUESTIONS[number % len(QUESTIONS)]
            await (discord.command if number % 2 else discord.mention)(question)
            await discord.until(lambda before=before: len(discord.sent("messages")) > before)
        await asyncio.sleep(_SECONDS_AT_REST)
        pids = [bot.process.pid, *children(bot.process.pid)]
        return [f"{name(pid)}: {figures(pid)}" for pid in pids]


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in threads for child in each.read_text(encoding="ascii").split()]


def name(pid: int) -> str:
    """What a process was started to do: the last words of its command."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    named = next((each for each in ("serve", "index") if each in words), Path(words[0]).name)
    return f"quoth {named}"


def figures(pid: int) -> str:
    """What a process holds in memory, and the most that it held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    held = {
        key: int(kilobytes) / 1024
        for key, kilobytes in re.findall(r"(VmRSS|VmHWM):\s+(\d+)", status)
    }
    return f"{held['VmRSS']:.0f} MB, {held['VmHWM']:.0f} MB at the most"


def main() -> None:
    """Read the command line, ask, and print what was measured."""
    parser = argparse.ArgumentParser(description="The memory of quoth serve.")
    parser.add_argument("--questions", type=int, default=200, help="default: %(default)s")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        index([SEEDS], library, load_encoder(), Reporter())
        with redirect_stdout(sys.stderr):  # what the bot logged
            lines = asyncio.run(ask(library, chosen.questions))
    print(f"resident memory after {chosen.questions} questions:")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
