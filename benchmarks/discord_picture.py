"""Draw what the bot replies in Discord, as a picture.

    apt-get install chromium fonts-noto-color-emoji
    pip install -e '.[dev]'
    python -m benchmarks.discord_picture reply.png --question "where were the talks held?"

The answer is the real one: the articles in ``seeds`` are indexed into a library that is thrown
away afterwards, and asked by ``/ask``. simcord runs the real bot against a Discord of its own, in
this process, and shows the channel as a web page; Debian's chromium draws that page. It resembles
Discord as a phone shows it, with one known difference: Discord ends a quotation's bar with the
quotation, above the citation.
"""

import argparse
import asyncio
from pathlib import Path

import simcord
from playwright.async_api import async_playwright

from benchmarks.discord_seeds import seeded
from bot import settings
from bot.discord.archive import Archive
from bot.discord.client import QuothClient
from bot.discord.desk import Desk
from bot.discord.librarian_process import LibrarianProcess
from bot.discord.server_settings import Servers
from bot.discord.store import Store
from retrieval.answerer import Answerer

QUESTION = "where were the talks held?"
WIDTH, HEIGHT = 412, 900  # a phone's; the picture is as high as what is in the channel
CHROMIUM = "/usr/bin/chromium"

# Makes the channel as high as its messages, without the box to write in. By script: the page's
# security policy takes no style sheet from elsewhere.
FIT = """() => {
  document.querySelector(".channel-composer").style.display = "none";
  document.querySelector(".channel-layout").style.height = "auto";
  document.querySelector(".channel-timeline").style.overflow = "visible";
}"""


async def draw(answerer: Answerer, store: Store, question: str, picture: Path) -> None:
    """Ask the bot by command, and draw the channel."""
    chosen = settings.load()
    archive = Archive(store, chosen.library, LibrarianProcess(chosen))
    async with simcord.run(
        QuothClient(Desk(answerer, store), Servers(store), archive), shard_count=1
    ) as env:
        env.backend.bot_user.name = "Quoth"
        guild = env.create_guild("Newsroom")
        channel = guild.create_text_channel("questions")
        reader = guild.add_member(env.create_user("ada"))
        await reader.slash(channel, "ask", question=question)
        async with (
            env.preview(
                channel, viewers=[reader], layout="channel", width=WIDTH, height=HEIGHT
            ) as preview,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=CHROMIUM)
            page = await browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2
            )
            await page.goto(preview.url)
            await page.wait_for_function("() => window.simcordPreview?.ready === true")
            await page.evaluate(FIT)
            await page.locator(".channel-layout").screenshot(path=picture)
            await browser.close()


def main() -> None:
    """Read the command line, index the articles and draw."""
    parser = argparse.ArgumentParser(description="Draw what the bot replies in Discord.")
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    parser.add_argument("--question", default=QUESTION, help="default: %(default)s")
    chosen = parser.parse_args()
    with seeded() as (answerer, store, _):
        asyncio.run(draw(answerer, store, chosen.question, chosen.picture))


if __name__ == "__main__":
    main()
