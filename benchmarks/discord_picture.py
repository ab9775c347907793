"""Draw what the bot replies in Discord, as a picture.

    apt-get install chromium fonts-noto-color-emoji
    pip install -e '.[dev]'
    python benchmarks/discord_picture.py reply.png

simcord runs the real bot against a Discord of its own, in this process, and shows the channel as
a web page; Debian's chromium draws that page. It resembles Discord as a phone shows it, with one
known difference: Discord ends a quotation's bar with the quotation, above the citation.
"""

import argparse
import asyncio
import datetime
import re
from pathlib import Path

import simcord
from playwright.async_api import async_playwright

from bot.discord_bot import QuothClient
from retrieval.answer import Answer, LibraryState, Quote, Timings
from retrieval.article import Article, Span

QUESTION = "where were the talks held?"
SEED = Path(__file__).parent.parent / "seeds" / "2022-03-29-istanbul-peace-talks.txt"
WIDTH, HEIGHT = 412, 1200  # a phone's width, and room for both replies
CHROMIUM = "/usr/bin/chromium"


def sample_answer() -> Answer:
    """The answer that the picture shows: three quotes of the seed article, put together by hand."""
    first_line, _, text = SEED.read_text(encoding="utf-8").partition("\n")
    dated = re.fullmatch(r"\s*date (\S+) (.+)", first_line)
    if dated is None:
        raise ValueError(f"{SEED}: the first line has no date and title")
    article = Article(
        id=SEED.stem,
        title=dated[2],
        date=datetime.date.fromisoformat(dated[1]),
        source=None,
        url="https://example.org/istanbul-peace-talks",
        text=text.strip(),
    )
    place = _span(article, "the presidential Dolmabahce office")
    return Answer(
        question=QUESTION,
        answered=True,
        confidence=0.87,
        quotes=(
            _quote(article, "The two-day peace talks are being held at", 2, place),
            _quote(article, "A fresh round of peace talks between", 1),
            _quote(article, "Several rounds of talks between Russia", 11),
        ),
        library=LibraryState(generation=1, articles=1, passages=9),
        timings_ms=Timings(encode=10.0, search=5.0, read=1.0, total=16.0),
    )


def _span(article: Article, words: str) -> Span:
    start = article.text.index(words)
    return Span(start, start + len(words))


def _quote(article: Article, opening: str, paragraph: int, answer: Span | None = None) -> Quote:
    start = article.text.index(opening)
    end = article.text.index("\n", start)
    return Quote(article, start, end, paragraph, score=0.9, answer=answer)


async def draw(answer: Answer, picture: Path) -> None:
    """Ask the bot by mention and by command, and draw the channel."""
    async with simcord.run(QuothClient(lambda question: answer)) as env:
        guild = env.create_guild("Newsroom")
        channel = guild.create_text_channel("questions")
        reader = guild.add_member(env.create_user("ada"))
        await reader.send(channel, f"<@{env.backend.bot_user.id}> {answer.question}")
        await reader.slash(channel, "ask", question=answer.question)
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
            await page.locator(".channel-layout").screenshot(path=picture)
            await browser.close()


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw what the bot replies in Discord.")
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    asyncio.run(draw(sample_answer(), parser.parse_args().picture))


if __name__ == "__main__":
    main()
