"""More and Context: their words are the article's, nothing in them acts, and they always fit."""

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.messages.escape import escaped_characters
from bot.discord.messages.expanded_quotes import format_context, format_more, quote_at
from bot.discord.messages.limits import MESSAGE_LIMIT, length
from bot.discord.storage.questions import QuoteLocation
from retrieval.documents.article import Article, Span
from retrieval.documents.sentences import paragraphs, sentences
from retrieval.library.filter import Filter
from tests.bot.discord.messages.markup import TEXTS, lines_of, shown_by_discord

LONG = "One sentence is here. " * 200


def article_of(text: str, title: str = "Title", url: str | None = None) -> Article:
    return Article("a", title, None, None, url, text)


def quoted(message: str) -> str:
    lines = [line.removeprefix("> ") for line in message.split("\n") if line.startswith("> ")]
    return "\n".join(lines).replace("**", "")


def test_only_a_part_of_a_paragraph_is_quoted_and_the_whole_is_shown() -> None:
    article = article_of("Before.\n\nA first. A second. A third.\n\nAfter.")
    start = article.text.index("A second")
    message = format_context(quote_at(article, start, start + 9), 2)
    assert message == (
        "> Before.\n> \n> A first. **A second.** A third.\n> \n> After.\n-# \\[2\\] Title · ¶\xa02"
    )


def test_the_nearest_sentences_of_long_paragraphs_are_shown() -> None:
    text = f"Far away. {LONG}Last before.\n\nThe quote.\n\nFirst after. {LONG}"
    start = text.index("The quote")
    message = format_context(quote_at(article_of(text), start, start + 10), 1)
    assert "Last before.\n> \n> **The quote.**\n> \n> First after. One" in message
    assert "Far away" not in message
    assert MESSAGE_LIMIT - 100 < length(message) <= MESSAGE_LIMIT


def test_of_a_paragraph_that_is_too_long_the_quote_is_shown() -> None:
    text = f"Before.\n\n{LONG}The quote. {LONG}\n\nAfter."
    start = text.index("The quote")
    message = format_context(quote_at(article_of(text), start, start + 10), 1)
    assert message == "> **The quote.**\n-# \\[1\\] Title · ¶\xa02"


def test_a_quote_that_fits_nowhere_keeps_its_citation() -> None:
    message = format_context(quote_at(article_of("a" * 3000), 0, 3000), 1)
    assert message == (
        "This passage is too long to be shown with what is around it.\n-# \\[1\\] Title · ¶\xa01"
    )


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(TEXTS, min_size=1, max_size=5), st.integers(1, 40), st.data())
def test_context_is_inert_and_verbatim_and_fits(
    parts: list[str], times: int, data: st.DataObject
) -> None:
    article = article_of("\n\n".join(part * times for part in parts))
    spans = paragraphs(article.text)
    if not spans:
        return
    span = data.draw(st.sampled_from(spans))
    end = data.draw(st.integers(span.start + 1, min(span.end, span.start + 320)))
    message = format_context(quote_at(article, span.start, end), 1)
    assert length(message) <= MESSAGE_LIMIT
    *lines, citation = message.split("\n")
    assert citation.startswith("-# \\[1\\] Title · ¶")
    words = "".join(shown_by_discord(unbold(line.removeprefix("> "))) for line in lines)
    assert "".join(words.split()) in "".join(lines_of(article.text).split())
    shown = lines_of(article.text[span.start : end])
    assert "".join(shown.split()) in "".join(words.split())


def unbold(line: str) -> str:
    """A line without the two marks that make words of it bold; those of the text are escaped."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\*\*", r"\1", line)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS, st.integers(1, 60))
def test_more_fits_and_cuts_no_citation(texts: list[str], title: str, times: int) -> None:
    articles = [article_of(text * times, title, "https://e.org/" + "a" * 200) for text in texts]
    locations = [QuoteLocation("a", 0, len(each.text), each.sha256, None) for each in articles]
    page = format_more("where?" * times, locations, articles, 4, Filter())
    assert 0 < length(page.text) <= MESSAGE_LIMIT
    assert page.text.count("\n-# \\[") == page.shown
    left = len(texts) - page.shown
    assert not left or page.text.endswith(
        f"-# {left} of {len(texts)} quotes did not fit in one message."
    )


@pytest.mark.parametrize("changed", [True, False])
def test_more_says_what_is_no_longer_as_it_was(changed: bool) -> None:
    article = article_of("Words.", url="https://e.org/")
    place = QuoteLocation("a", 0, 6, article.sha256, Span(0, 5))
    now = dataclasses.replace(article, text="Other words.") if changed else None
    assert format_more(None, [place, place], [now, article], 4, Filter()).text == (
        "More passages:\n"
        + (
            "-# \\[4\\] [Title](<https://e.org/>) · updated since; ask again."
            if changed
            else "-# \\[4\\] withdrawn: its article is no longer here."
        )
        + "\n\n> **Words**.\n-# \\[5\\] [Title](<https://e.org/>) · ¶\xa01"
    )


@pytest.mark.parametrize("where", ["before", "after", "around"])
def test_no_more_of_a_long_paragraph_is_read_than_a_message_holds(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of megabytes would keep everybody waiting for what is not shown in the end."""
    long = "One *sentence* is here. " * 5000
    text = {
        "before": f"{long}\n\nThe quote.",
        "after": f"The quote.\n\n{long}",
        "around": f"{long}The quote. {long}",
    }[where]
    escaped = split = 0

    def split_up(text: str, within: Span) -> list[Span]:
        nonlocal split
        split += within.end - within.start
        return sentences(text, within)

    def count(line: str) -> list[str]:
        nonlocal escaped
        escaped += len(line)
        return escaped_characters(line)

    monkeypatch.setattr("bot.discord.messages.quotation.escaped_characters", count)
    monkeypatch.setattr("bot.discord.messages.expanded_quotes.sentences", split_up)
    start = text.index("The quote.")
    message = format_context(quote_at(article_of(text), start, start + 10), 1)
    assert "**The quote.**" in message
    assert ("sentence" in message) == (where != "around")
    assert escaped < 100 * MESSAGE_LIMIT
    assert split <= 2 * MESSAGE_LIMIT
    assert where == "around" or length(message) > MESSAGE_LIMIT - 100
