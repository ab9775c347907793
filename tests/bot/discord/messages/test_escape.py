"""Nothing from an article or a question does anything in Discord, and all of it is shown.

Two judges read what the bot would send. One is written here after the rules that Discord's own
client is known to have; the other is simcord's renderer, which is built on markdown-it. Neither
shares code with what it judges.
"""

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simcord.preview._markdown import markdown_tokens

from bot.discord.messages.answer_message import format_error
from bot.discord.messages.escape import escape
from bot.discord.messages.quotation import citation
from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.documents.article import Article
from retrieval.library.records import LibraryState
from tests.bot.discord.messages.markup import ACTIVE, TEXTS, TRICKS, lines_of, shown_by_discord
from tests.bot.discord.world import text_of


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("around", ["{}", "a {} b", "{0}{0}", "a\n{}\nb"])
def test_a_trick_is_shown_and_nothing_else(trick: str, around: str) -> None:
    text = around.format(trick)
    assert shown_by_discord(escape(text)) == lines_of(text)


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS)
def test_any_text_is_shown_and_nothing_else(text: str) -> None:
    assert shown_by_discord(escape(text)) == lines_of(text)


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS)
def test_a_reason_is_inert(text: str) -> None:
    assert shown_by_discord(format_error(text)).rstrip("…") in " ".join(text.split())


def answer_of(text: str, title: str, question: str) -> Answer:
    article = Article(id="a", title=title, date=None, source=None, url=None, text=text)
    return Answer(
        question=question,
        answered=True,
        confidence=0.9,
        quotes=(Quote(article, 0, len(text), 1, score=0.9),),
        library=LibraryState(generation=1, articles=1, passages=1),
        timings_ms=Timings(encode=0.0, search=0.0, read=0.0, total=0.0),
    )


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS)
def test_every_line_of_a_quote_is_quoted_and_shown(text: str) -> None:
    message = text_of(answer_of(text, "Title", "question"))
    first, *lines, cited = message.split("\n")
    assert first.startswith("Very likely")
    assert re.fullmatch(r"-# \\\[1\\\] Title · ¶\xa01(–\d+)?", cited)
    assert all(line.startswith("> ") for line in lines)
    shown = (shown_by_discord(line.removeprefix("> ")) for line in lines)
    assert "\n".join(shown) == lines_of(text)


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS, TEXTS)
def test_a_title_and_a_question_are_inert(title: str, question: str) -> None:
    message = text_of(answer_of("words", title, question), show_question=True)
    first, *_, cited = message.split("\n")
    question_shown = shown_by_discord(first.removeprefix("**").removesuffix("**"))
    title_shown = shown_by_discord(cited.removeprefix("-# "))
    assert question_shown.rstrip("…") in " ".join(question.split())
    assert re.fullmatch(r"\[1\] .* · ¶\xa01", title_shown)
    assert "\u202e" not in title_shown


LINKED = re.compile(r"-# \\\[1\\\] \[(.*)\]\(<https://e\.org/>\) · ¶\xa01")


def article_with(title: str) -> Article:
    return Article("a", title, None, None, "https://e.org/", "words")


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS | st.text("aB1 :&!.'()\u202eא-", min_size=1).filter(str.strip))
def test_a_title_that_is_a_link_is_inert(title: str) -> None:
    line = citation(Quote(article_with(title), 0, 5, 1, score=0.9), 1)
    shown = " ".join(re.sub("[\u202a-\u202e\u2066-\u2069]", "", title).split())
    linked = LINKED.fullmatch(line)
    if linked is None:
        assert line.endswith(" · [read](<https://e.org/>) · ¶\xa01")
        title_shown = shown_by_discord(
            line.removeprefix("-# ").replace(" · [read](<https://e.org/>)", "")
        )
        assert title_shown.startswith("[1] ")
        return
    label = linked[1].strip("\u2068\u2069")
    assert label
    assert label.rstrip("…") in shown
    assert not set(label) & set("\\*_~|`<>#@/[]")
    assert ACTIVE.search(f"x {label}") is None  # within a line


def test_the_title_of_an_ordinary_article_is_a_link() -> None:
    quote = Quote(article_with("Peace: who, when & where?"), 0, 5, 1, score=0.9)
    assert LINKED.fullmatch(citation(quote, 1))
    message = text_of(dataclasses.replace(answer_of("words", "a", "b"), quotes=(quote,)))
    kinds = shown_by_simcord(message)[1]
    assert kinds <= {*MEANT, "link_open", "link_close"}
    assert "link_open" in kinds


class Knows(dict[str, Any]):
    """A Discord in which every id means something."""

    def get(self, key: str, default: Any = None) -> Any:
        return self.get("any") if key != "any" else dict.get(self, key, default)


CONTEXT = {
    "users": Knows(any="ada"),
    "roles": Knows(any="mods"),
    "channels": Knows(any="general"),
    "commands": Knows(any="cmd"),
    "emojis": {"1": {"name": "ee", "animated": False}},
    "everyone": True,
}


def shown_by_simcord(message: str) -> tuple[str, set[str]]:
    """The characters that simcord shows, without white space, and what it makes of them."""
    characters: list[str] = []
    kinds: set[str] = set()

    def visit(tokens: list[dict[str, Any]]) -> None:
        for token in tokens:
            kinds.add(token["type"])
            characters.append(token.get("content", ""))
            visit(token.get("children", []))

    visit(markdown_tokens(message, "message", context=CONTEXT))
    return "".join("".join(characters).split()), kinds


def test_simcord_does_judge() -> None:
    for trick in [
        "@everyone",
        "<@1>",
        "<#1>",
        "<:ee:1>",
        "<t:0>",
        "</cmd:1>",
        "https://e.org",
        "# a",
    ]:
        assert not shown_by_simcord(trick)[1] <= {"paragraph", "inline", "text", "break"}, trick


# A message as the bot makes it: a quotation, its citation as a small line.
MEANT = {"paragraph", "inline", "text", "break", "blockquote", "subtext"}


def as_simcord_can(text: str) -> str:
    # Four spaces begin code in markdown-it, and "-#" is a small line to simcord even when it is
    # escaped; neither is so in Discord, and the judge above covers both.
    return re.sub(r"(?m)^\s+", "", lines_of(text).replace("\0", "")).replace("-#", "-")


@pytest.mark.parametrize("trick", TRICKS)
def test_simcord_shows_a_trick_and_nothing_else(trick: str) -> None:
    check_with_simcord(f"{trick}\nword {trick}")


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS)
def test_simcord_shows_any_text_and_nothing_else(text: str) -> None:
    check_with_simcord(text)


def check_with_simcord(text: str) -> None:
    words = as_simcord_can(text)
    shown, kinds = shown_by_simcord(text_of(answer_of(words, "Title", "question")))
    assert re.sub(r"–\d+$", "", shown) == f"Verylikely(90%){''.join(words.split())}[1]Title·¶1"
    assert kinds <= MEANT
