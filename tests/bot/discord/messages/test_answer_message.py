"""The text of an answer: quotes, citations, and what is left out."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.messages.answer_message import format_error
from bot.discord.messages.escape import escape
from bot.discord.messages.limits import MESSAGE_LIMIT
from bot.wording import sureness
from retrieval.answering.answer import Answer, Quote, Timings
from retrieval.answering.conversation import ExpandedQuery
from retrieval.documents.article import Article, Span
from retrieval.library.records import LibraryState
from tests.bot.discord.world import text_of

TEXT = "The talks are being held at the old office. They began at 10.30 a.m. on Tuesday."
ARTICLE = Article(
    id="talks",
    title="New round of talks",
    date=datetime.date(2022, 3, 29),
    source=None,
    url=None,
    text=TEXT,
)


def answer_of(*quotes: Quote, answered: bool = True, confidence: float = 0.9) -> Answer:
    return Answer(
        question="Where were the talks?",
        answered=answered,
        confidence=confidence,
        quotes=quotes,
        library=LibraryState(generation=1, articles=1, passages=1),
        timings_ms=Timings(encode=0.0, search=0.0, read=0.0, total=0.0),
    )


def quote_of(
    text: str = TEXT,
    *,
    title: str = "New round of talks",
    date: datetime.date | None = ARTICLE.date,
    url: str | None = None,
    answer: Span | None = None,
    also_in: tuple[str, ...] = (),
) -> Quote:
    article = Article(id="talks", title=title, date=date, source=None, url=url, text=text)
    return Quote(article, 0, len(text), 1, score=0.9, answer=answer, also_in=also_in)


def test_an_answer_says_how_sure_it_is_quotes_and_cites() -> None:
    quote = Quote(ARTICLE, 0, 43, 1, score=0.9, answer=Span(28, 42))
    assert text_of(answer_of(quote)) == (
        "Very likely (90\xa0%)\n"
        "> The talks are being held at **the old office**.\n"
        "-# \\[1\\] New round of talks · 2022-03-29 · ¶\xa01"
    )


def test_the_answer_is_bold_in_a_quote_from_the_middle_of_its_article() -> None:
    quote = Quote(ARTICLE, 44, len(TEXT), 2, score=0.9, answer=Span(58, 68))
    assert "\n> They began at **10.30 a.m.** on Tuesday.\n" in text_of(answer_of(quote))


def test_of_what_is_only_near_nothing_is_bold() -> None:
    quote = quote_of("in the old office", answer=Span(3, 17))
    assert "**" in text_of(answer_of(quote))
    assert "> in the old office\n" in text_of(answer_of(quote, answered=False))


def test_bold_keeps_to_words_and_to_lines() -> None:
    message = text_of(answer_of(quote_of("in the\nold office, today", answer=Span(2, 18))))
    assert "> in **the**\n> **old office,** today\n" in message


@pytest.mark.parametrize("span", [Span(200, 210), Span(6, 7)])
def test_an_answer_without_a_word_of_the_quote_is_not_marked(span: Span) -> None:
    assert "**" not in text_of(answer_of(quote_of("in the old office", answer=span)))


def test_not_found_is_said_and_the_nearest_passages_are_called_so() -> None:
    message = text_of(answer_of(quote_of(), answered=False, confidence=0.2))
    assert message.startswith("Not found in the articles.\nThe nearest passages:\n> The talks are")
    assert "%" not in message


def test_not_found_without_passages_is_one_line() -> None:
    assert text_of(answer_of(answered=False)) == "Not found in the articles."


def test_the_question_is_shown_where_the_channel_does_not() -> None:
    message = text_of(answer_of(quote_of()), show_question=True)
    assert message.startswith("**Where were the talks?**\nVery likely")


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "Very likely (99\xa0%)"),
        (0.85, "Very likely (85\xa0%)"),
        (0.84, "Probably (84\xa0%)"),
        (0.6, "Probably (60\xa0%)"),
        (0.59, "Perhaps (59\xa0%)"),
        (0.0, "Perhaps (1\xa0%)"),
    ],
)
def test_sureness(confidence: float, words: str) -> None:
    assert sureness(confidence) == words


def citation(quote: Quote) -> str:
    return text_of(answer_of(quote)).splitlines()[-1]


def test_a_citation_leaves_out_what_is_unknown() -> None:
    assert citation(quote_of(date=None)) == "-# \\[1\\] New round of talks · ¶\xa01"


@pytest.mark.parametrize(
    ("others", "words"), [(("a",), "1 other article"), (("a", "b"), "2 other articles")]
)
def test_a_citation_counts_the_other_articles(others: tuple[str, ...], words: str) -> None:
    assert citation(quote_of(also_in=others)).endswith(f" · also in: {words}")


def test_a_long_title_is_shortened_and_the_citation_stays_whole() -> None:
    line = citation(quote_of(title="word " * 200, also_in=("a",)))
    assert (
        line == f"-# \\[1\\] {'word ' * 19}word… · 2022-03-29 · ¶\xa01 · also in: 1 other article"
    )


def test_a_title_cannot_turn_the_citation_around() -> None:
    assert citation(quote_of(title="a\u202eb\u2069\u2066c")) == citation(quote_of(title="abc"))


def test_a_title_from_right_to_left_is_kept_apart() -> None:
    line = citation(quote_of(title="سلم"))
    assert line == "-# \\[1\\] \u2068سلم\u2069 · 2022-03-29 · ¶\xa01"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a_b?c=d&e=%20#f", "https://example.org/a_b?c=d&e=%20#f"),
        ("https://example.org/)> @everyone `*|", "https://example.org/%29%3E%20%40everyone%20%60%2A%7C"),
        ("https://example.org/<@1>\\", "https://example.org/%3C%401%3E%5C"),
        ("https://example.org/ü", "https://example.org/%C3%BC"),
    ],
)  # fmt: skip
def test_a_link_goes_where_the_article_is(url: str, link: str) -> None:
    assert citation(quote_of(url=url)) == (
        f"-# \\[1\\] [New round of talks](<{link}>) · 2022-03-29 · ¶\xa01"
    )


@pytest.mark.parametrize(
    "title", ["a*b", "a_b", ":smile:", "a [b]", "https://e.org", "@everyone", "a\\b", "a/b", "R&D"]
)
def test_a_title_that_no_link_can_show_has_its_link_beside_it(title: str) -> None:
    line = citation(quote_of(title=title, url="https://example.org/"))
    assert line.startswith(f"-# \\[1\\] {escape(title)} · [read](<https://example.org/>) · 2022")


def test_a_title_with_a_colon_is_a_link() -> None:
    line = citation(quote_of(title="1. Peace: when & where?", url="https://example.org/"))
    assert line.startswith("-# \\[1\\] [1. Peace: when & where?](<https://example.org/>) · ")


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "discord://-/channels",
        "//example.org",
        "https://",
        "https://[half",
        "https://bank.example@evil.example/",
        "https://example.org/" + "a" * 300,
    ],
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert citation(quote_of(url=url)) == citation(quote_of())


def test_quotes_that_do_not_fit_are_left_out_whole_and_counted() -> None:
    quotes = [quote_of("*" * 320, title="_" * 1000) for _ in range(3)]
    message = text_of(answer_of(*quotes))
    assert message.count("> " + "\\*" * 320 + "\n-# \\[") == 2
    assert message.count("\\*") == 640
    assert message.endswith("\n\n-# 1 of 3 quotes did not fit in one message.")


def test_a_quote_that_never_fits_is_said_not_to() -> None:
    message = text_of(answer_of(quote_of("a" * 3000)))
    assert message == (
        "Very likely (90\xa0%)\n\n-# 1 of 1 quotes did not fit in one message."
    )  # fmt: skip


def test_three_ordinary_quotes_fit() -> None:
    quote = quote_of(
        "Words of one syllable. " * 14, title="t" * 1000, url="https://e.org/" + "u" * 99
    )
    assert "did not fit" not in text_of(answer_of(quote, quote, quote), show_question=True)


def test_a_reason_is_one_short_line() -> None:
    assert (
        format_error("no library at *x*:\n  index first") == "no library at \\*x\\*\\: index first"
    )
    assert len(format_error("*" * 5000)) <= MESSAGE_LIMIT


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.builds(
    lambda part, times: part * times,
    st.sampled_from(["a ", "*", "😀", "\n", "x\n", "_\n", "\u2028"]),
    st.integers(1, 1000),
)


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.lists(st.builds(quote_of, _TEXTS, title=_TEXTS, url=st.none() | _TEXTS), max_size=4),
    _TEXTS,
    st.booleans(),
)
def test_a_message_is_never_too_long_and_no_quote_is_cut(
    quotes: list[Quote], question: str, answered: bool
) -> None:
    answer = answer_of(*quotes, answered=answered)
    message = text_of(answer, show_question=True)
    assert 0 < len(message.encode("utf-16-le")) // 2 <= MESSAGE_LIMIT
    shown = 0
    for number, quote in enumerate(quotes, start=1):
        quoted = "".join(f"> {line}\n" for line in escape(quote.text).split("\n"))
        shown += f"{quoted}-# \\[{number}\\] " in message
    assert shown == len(quotes) or f"-# {len(quotes) - shown} of {len(quotes)} quotes" in message
    assert message.count("\n-# \\[") == shown


@settings(deadline=None)  # a busy machine is no fault
@given(_TEXTS.filter(lambda text: len(text) <= 320 and len(text.splitlines()) <= 100))
def test_the_first_quote_always_fits(text: str) -> None:
    whole = Span(0, len(text))
    quote = quote_of(text, title="_" * 1000, url="https://example.org/" + "a" * 280, answer=whole)
    understood = ExpandedQuery("?", ("*" * 500,), {"*": 1.0})
    answer = replace(answer_of(quote, quote), understood=understood)
    assert "\n-# \\[1\\] " in text_of(answer, show_question=True)
