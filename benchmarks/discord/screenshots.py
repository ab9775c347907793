"""Draw what the bot shows in Discord, as pictures.

    apt-get install chromium fonts-noto-color-emoji fonts-noto-core
    pip install -e '.[dev]'
    python -m benchmarks.discord.screenshots docs reply not-found setup

The answers are real ones: the articles in ``seeds``, and some made to be difficult, are indexed
into a library that is thrown away afterwards, and asked by ``/ask``. simcord runs the real bot
against a Discord of its own, in this process, and shows the channel as a web page, which Debian's
chromium draws. It resembles Discord's dark theme (there is no light one) as a phone shows it, or as
a desk does with ``--width 960``. Known differences: Discord ends a quotation's bar with the
quotation, above the citation; and it shows an escaped ``-#`` as it is, which is small here.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import discord
import simcord
from playwright.async_api import Browser, async_playwright
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from benchmarks.discord.seed_library import SEEDS, seeded
from bot import settings
from bot.discord.asking.answer_service import AnswerService
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer_process import IndexerProcess
from retrieval.answering.answerer import Answerer

QUESTIONS = {
    "reply": "where were the talks held?",
    "not-found": "who is the prime minister of Japan?",
    "hostile": "what did @everyone and the **reviewers** call the Harbour Code?",
    "long-title": "when was the lighthouse of Skerry Rock lit?",
    "right-to-left": "أين افتتح الجسر الجديد؟",
}
"""What is asked in each picture; ``setup`` is the panel of ``/quoth setup``."""

DIFFICULT = [
    {
        "title": "[The Harbour Code](https://evil.example) @everyone **review** `x` <@1>",
        "date": "2024-02-20",
        "url": "https://news.example/a_b_c(1)?x=**y**",
        "text": "The reviewers called the Harbour Code **“brave”** and @everyone, @here and <@1> "
        "agreed: [click](https://evil.example), ||spoiler||, ~~struck~~, `code`, <t:0:R>, "
        "<:wave:1>, # no heading.\n\n> Not a quotation\n- not an item",
    },
    {
        "title": "The lighthouse of Skerry Rock, " + "its keepers, their gannets and the sea, " * 8,
        "date": "1874-03-02",
        "url": "https://news.example/lighthouse",
        "text": "The lighthouse of Skerry Rock was lit for the first time on 2 March 1874.",
    },
    {
        "title": "افتتاح الجسر الجديد في مدينة Marlow",
        "date": "2023-05-09",
        "text": "افتتح الجسر الجديد (Bridge No. 5) في مدينة Marlow يوم الثلاثاء، وبلغت تكلفته 3.2 "
        "مليون جنيه.\n\nقال المهندس: «سيعبر الجسر 12,000 شخص كل يوم».",
    },
]

SETTLED = 30.0  # seconds that the bot may take on a slow machine; once a minute it works by itself
HEIGHT = 1600  # the picture is as high as what is in the channel
CHROMIUM = "/usr/bin/chromium"

# Makes the channel as high as its messages, without the box to write in. By script: the page's
# security policy takes no style sheet from elsewhere.
FIT = """() => {
  document.querySelector(".channel-composer").style.display = "none";
  document.querySelector(".channel-layout").style.height = "auto";
  document.querySelector(".channel-timeline").style.overflow = "visible";
}"""


@asynccontextmanager
async def bot(answerer: Answerer, store: Store) -> AsyncIterator[simcord.Env]:
    """The bot connected to a simulated Discord."""
    chosen = settings.load()
    article_service = ArticleService(store, chosen.library, IndexerProcess(chosen))
    client = QuothClient(
        AnswerService(answerer, store), ServerSettingsStore(store), article_service
    )
    async with simcord.run(client, shard_count=1, settle_timeout=SETTLED) as env:
        env.backend.bot_user.name = "Quoth"
        yield env


async def draw(
    answerer: Answerer, store: Store, scenes: Sequence[str], folder: Path, width: int
) -> None:
    """Draw each scene in a channel of its own."""
    async with (
        bot(answerer, store) as env,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        guild = env.create_guild("Newsroom")
        managers = guild.create_role("Editors", permissions=discord.Permissions(manage_guild=True))
        ada = guild.add_member(env.create_user("ada"), roles=[managers])
        for scene in scenes:
            channel = guild.create_text_channel("questions")
            if scene == "setup":
                await ada.slash(channel, "quoth setup")
            else:
                await ada.slash(channel, "ask", question=QUESTIONS[scene])
            await draw_channel(env, browser, channel, ada, folder / f"discord-{scene}.png", width)
        await browser.close()


async def draw_channel(
    env: simcord.Env,
    browser: Browser,
    channel: ChannelHandle,
    viewer: MemberActor,
    picture: Path,
    width: int,
) -> None:
    """Draw what somebody sees in a channel."""
    async with env.preview(
        channel, viewers=[viewer], layout="channel", width=width, height=HEIGHT
    ) as preview:
        page = await browser.new_page(
            viewport={"width": width, "height": HEIGHT}, device_scale_factor=2
        )
        await page.goto(preview.url)
        await page.wait_for_function("() => window.simcordPreview?.ready === true")
        await page.evaluate("() => document.fonts.ready")  # else it grows under the camera
        await page.evaluate(FIT)
        await page.locator(".channel-layout").screenshot(path=picture)
        await page.close()


def main() -> None:
    """Read the command line, index the articles and draw."""
    parser = argparse.ArgumentParser(description="Draw what the bot shows in Discord.")
    parser.add_argument("folder", type=Path, help="where discord-SCENE.png are written")
    parser.add_argument("scenes", nargs="+", choices=[*QUESTIONS, "setup"], metavar="SCENE")
    parser.add_argument("--width", type=int, default=412, help="default: %(default)s, a phone's")
    chosen = parser.parse_args()
    plain = {"reply", "not-found", "setup"}
    with TemporaryDirectory() as made:
        difficult = Path(made) / "difficult.jsonl"
        lines = [json.dumps({"id": f"{n}", **each}) for n, each in enumerate(DIFFICULT)]
        difficult.write_text("\n".join(lines), encoding="utf-8")
        paths = [SEEDS] if plain.issuperset(chosen.scenes) else [SEEDS, difficult]
        with seeded(*paths) as (answerer, store, _):
            asyncio.run(draw(answerer, store, chosen.scenes, chosen.folder, chosen.width))


if __name__ == "__main__":
    main()
