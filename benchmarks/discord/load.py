"""Load on the Discord bot: bursts of questions, an indexing run and a restart in the middle.

    python -m benchmarks.discord.load

200 people on 20 servers ask 2,000 questions in bursts, half by command and half by mention, through
simcord, which runs the real bot against a Discord of its own in this process and refuses what
Discord refuses. The library is made of ``seeds``. A third of the way in, ``quoth index`` adds an
article beside it; halfway, the bot is told to leave in the middle of a burst and another one takes
its place. Prints what became of the questions, how long the event loop was held up and by what, how
soon people had a first sign, and the memory (what simcord keeps for tests is thrown away after each
burst). simcord and what this script looks at run in the bot's event loop: what holds it up is the
bot's where a function of ``bot`` or ``retrieval`` is on the stack when it is looked at. A loop that
is late though it rests waits for the processor, or for a thread of the bot that holds Python.
"""

import argparse
import asyncio
import gc
import logging
import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import simcord
from simcord import interactions
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from benchmarks.discord.event_loop_monitor import AT_REST, THE_BOT, THE_SIMULATION, EventLoopMonitor
from benchmarks.discord.seed_library import seeded
from bot import settings
from bot.discord.asking import question_queue
from bot.discord.asking.answer_service import AnswerService
from bot.discord.asking.rate_limits import RateLimit, RateLimiter
from bot.discord.asking.throttle import Throttle
from bot.discord.client import QuothClient
from bot.discord.operations.traces import Trace
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer_process import IndexerProcess
from retrieval.answering.answerer import Answerer

QUESTIONS = (
    "where were the talks held?",
    "who hosted the talks between Russia and Ukraine?",
    "what did Mykhailo Podoliak write on Twitter?",
    "when did the first session start?",
    "who is the prime minister of Japan?",
    "@everyone where were the **talks** held?",
)
WAITED = 300.0  # seconds for one burst
# Seconds for what is left after it. simcord waits for all that is due within them, and the archive
# looks at the library every minute.
SETTLED = 30.0


@dataclass
class LoadReport:
    """What was seen over the whole run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    duplicates: int = 0
    pings: int = 0
    refused: int = 0
    first_signs: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def finished(self, trace: Trace) -> None:
        """Note what became of a question."""
        self.outcomes[trace.outcome] += 1
        self.first_signs += [
            trace.timings_ms[step] for step in ("deferred", "typing") if step in trace.timings_ms
        ]


class Refusals(logging.Handler):
    """Counts what the bot logs that Discord did not take."""

    def __init__(self, seen: LoadReport) -> None:
        super().__init__(logging.WARNING)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        """Count a message that Discord refused, and print every warning."""
        message = record.getMessage()
        self._seen.refused += "could not be sent" in message
        print(f"{record.levelname}: {message}", file=sys.stderr)


async def burst(
    env: simcord.Env, people: list[tuple[MemberActor, ChannelHandle]], dice: random.Random
) -> list[tuple[ChannelHandle, int, bool]]:
    """Have people ask at once; returns where, by which id, and whether by command."""
    asked = []
    command = env.backend.commands[None]["ask", 1]
    for number, (person, channel) in enumerate(people):
        question = dice.choice(QUESTIONS)
        if number % 2:
            record, payload = interactions.base_payload(
                env.backend, type=2, channel_id=channel.id, guild_id=person.guild.id,
                user_id=person.id,
                data={"id": command["id"], "name": "ask", "type": 1,
                      "options": [{"name": "question", "type": 3, "value": question}]},
            )  # fmt: skip
            env.backend.emit("INTERACTION_CREATE", payload)
            asked.append((channel, record.id, True))
        else:
            mention = f"<@{env.backend.bot_user.id}> {question}"
            message = env.backend.create_message(channel.id, person.id, mention)
            asked.append((channel, message.id, False))
        await asyncio.sleep(0)
    return asked


def judge(env: simcord.Env, asked: list[tuple[ChannelHandle, int, bool]], seen: LoadReport) -> None:
    """Look at what each question got, and throw away what simcord keeps of it."""
    answers: Counter[int] = Counter()
    me = env.backend.bot_user.id
    for channel in {channel.id: channel for channel, *_ in asked}.values():
        for message in channel.history():
            if message.author.id == me:
                seen.pings += bool(message.mentions or message.mention_everyone)
                if message.reference and message.reference.message_id:
                    answers[message.reference.message_id] += 1
    for _, number, by_command in asked:
        if by_command:
            record = env.backend.interactions[number]
            answers[number] += record.message_id is not None
    seen.unanswered += sum(not answers[number] for _, number, _ in asked)
    seen.duplicates += sum(answers[number] > 1 for _, number, _ in asked)
    for messages in env.backend.messages.values():
        messages.clear()
    for kept in (env.backend.http_requests, env.backend.transcript, env.backend.interactions):
        kept.clear()
    gc.collect()
    seen.megabytes.append(resident())


def resident() -> float:
    """The memory of this process, in megabytes."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


async def index_beside(library: Path) -> None:
    """Add an article to the library, in a process of its own."""
    new = library.parent / "new.txt"
    new.write_text("A new article\n\nThe talks in Geneva were held in May.\n", encoding="utf-8")
    command = [sys.executable, "-m", "bot", "index", "--library", str(library), str(new)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
    if status := await process.wait():
        sys.exit(f"quoth index ended with status {status}")


async def load(
    answerer: Answerer, store: Store, library: Path, chosen: argparse.Namespace
) -> tuple[LoadReport, EventLoopMonitor]:
    """Ask everything."""
    # simcord lets no time pass while work is under way, but looks for its end without a rest.
    question_queue.FIRST_UPDATE = WAITED
    seen, watch, dice = LoadReport(), EventLoopMonitor(), random.Random(1)  # noqa: S311 - no secret
    logging.getLogger().addHandler(Refusals(seen))

    def bot() -> QuothClient:
        # In the simulation all of a day is asked in some minutes: limits have tests of their own.
        loose = RateLimiter(RateLimit(100, 0.1), RateLimit(1_000, 0.01))
        answer_service = AnswerService(answerer, store, Throttle(loose, on_finished=seen.finished))
        article_service = ArticleService(
            store, library, IndexerProcess(settings.load(str(library)))
        )
        client = QuothClient(answer_service, ServerSettingsStore(store), article_service)
        client.shard_count = 1
        return client

    async with bot() as first, simcord.run(first, settle_timeout=SETTLED) as env:
        everyone = []
        for server in range(chosen.servers):
            guild = env.create_guild(f"Server {server}")
            channel = guild.create_text_channel("questions")
            for person in range(chosen.people // chosen.servers):
                member = guild.add_member(env.create_user(f"person{server}x{person}"))
                everyone.append((member, channel))
        await env.settle()
        watch.start()
        beating = asyncio.create_task(watch.beat())
        total, bursts = 0, max(6, chosen.questions // chosen.burst)
        for number in range(bursts):
            asked = await burst(env, dice.choices(everyone, k=chosen.questions // bursts), dice)
            if number == bursts // 2:
                await asyncio.sleep(0.1)
                await env.bot.close()
                await env.restart_bot(bot())
            elif number == bursts // 3:
                await index_beside(library)
            total += len(asked)
            async with asyncio.timeout(WAITED):
                while seen.outcomes.total() < total:
                    await asyncio.sleep(0.02)
            await env.settle()
            judge(env, asked, seen)
            print(f"\r{number + 1}/{bursts} bursts", end="", file=sys.stderr, flush=True)
        watch.over.set()
        beating.cancel()
    print(file=sys.stderr)
    return seen, watch


def main() -> None:
    """Read the command line, ask, and print what was seen."""
    parser = argparse.ArgumentParser(description="Load on the Discord bot.")
    for name, default in (("people", 200), ("servers", 20), ("questions", 2_000), ("burst", 80)):
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    chosen = parser.parse_args()
    with seeded() as (answerer, store, library):
        seen, watch = asyncio.run(load(answerer, store, library, chosen))
    signs = sorted(seen.first_signs)
    half, end = seen.megabytes[len(seen.megabytes) // 2], seen.megabytes[-1]
    print(f"questions: {dict(seen.outcomes)}")
    print(f"unanswered {seen.unanswered}, duplicates {seen.duplicates}, pings {seen.pings},")
    print(f"refused messages {seen.refused}")
    seconds, where = watch.longest["all"]
    print(
        f"event loop held up for {seconds * 1000:.0f} ms at the most, in {where}; of any such time"
    )
    for who in (THE_BOT, THE_SIMULATION, AT_REST):
        seconds, where = watch.longest.get(who, (0.0, "nothing"))
        print(f"  {who}: {seconds * 1000:.0f} ms at the most, in {where}")
    print(f"first sign: median {signs[len(signs) // 2]:.0f} ms, 99 % within"
          f" {signs[len(signs) * 99 // 100]:.0f} ms")  # fmt: skip
    print(f"memory: {half:.0f} MB halfway, {end:.0f} MB at the end ({end / half - 1:+.1%})")


if __name__ == "__main__":
    main()
