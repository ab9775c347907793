"""Texts that Discord would format, link or ping, and what its client shows of escaped ones."""

import re

from hypothesis import strategies as st

WORDS = """
@everyone @here <@1> <@!1> <@&1> <#1> </cmd:1> <id:customize> <id:guide> <sound:1:1> <:ee:1>
<a:ee:1> :smile: :flag_ua: <t:0> <t:0:R> <t:-62135596800:F> https://example.org/a_b_c
HTTP://example.org <https://example.org> steam://run/1 discord://-/channels/1/2 discord.gg/abc
https://discord.com/invite/abc https://discord.com/channels/1/2/3 www.example.org
<mailto:a@example.org> a@example.org <tel:+123> <+123456789> [a](https://example.org)
![a](https://example.org/a.png) *a* **a** ***a*** _a_ __a__ ~~a~~ ||a|| `a` ``a`` ```a``` ---
*** &lt;@1&gt; &#64;everyone <b>a</b>
"""
TRICKS = [
    *WORDS.split(),
    "</cmd sub:1>", "[a](<https://example.org> \"title\")", "[a]: https://example.org",
    "```py\na\n```", "~~~\na\n~~~", "# a", "## a", "### a #", "-# a", "a\n===", "a\n---", "- a",
    "* a", "+ a", "  - a", "1. a", "1) a", "10.30 a.m.", "> a", ">>> a",
    "a | b\n--- | ---\nc | d", "\\*a\\*", "\\", "\\\\", "a\\", "¯\\_(ツ)_/¯", "<!-- a -->",
    "a\u2028# b", "a\u2029- b", "a\x0b> b", "a\x0c1. b", "a\x85```b```", "a\r\n# b\r# c",
    "\u200b# a", "\u202e@everyone\u202c", "☎️ 1️⃣ 👨\u200d👩\u200d👧 ™",
]  # fmt: skip

# What Discord's client makes something of, once the escaped pairs are out of the way.
ACTIVE = re.compile(
    r"""<@[!&]?\d+>|<\#\d+>|<a?:\w+:\d+>|<t:-?\d+(:\w)?>|</[^>]+:\d+>|<\w+:[^>]*>|<\+\d+>
    |@everyone|@here|[*_~|`\\]|:\w+:|\w+:/|:\S*@|\[[^\]]*\]\(|discord\.gg/|discord\.com/
    |^\s*\#{1,3}\s|^\s*-\#|^\s*[-*+]\s|^\s*\d+[.)]\s|^\s*>""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
# What Discord's servers look for in the text as it was sent, backslashes and all.
SENT = re.compile(r"https?://|discord(\.gg|(app)?\.com/invite)/|<@[!&]?\d+>|<#\d+>", re.IGNORECASE)
ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")

FRAGMENTS = st.sampled_from([*TRICKS, " ", "\n", "a", "1", *"\\*_~|`<>#@:/[]()&-+=.!\"'"])
TEXTS = st.lists(
    FRAGMENTS | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    min_size=1,
    max_size=8,
).map("".join)


def shown_by_discord(markup: str) -> str:
    """The characters that a reader sees; fails if any of them is more than a character."""
    assert not SENT.search(markup)
    active = ACTIVE.search(ESCAPED.sub("\ue000", markup))
    assert active is None, active
    return ESCAPED.sub(r"\1", markup)


def lines_of(text: str) -> str:
    return "\n".join(text.splitlines())
