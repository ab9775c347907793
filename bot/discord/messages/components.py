"""The buttons under an answer. They work on old messages, after a restart and a re-index.

A button carries in its id all that says what it is about: the key of the question in the store, or
the article, the offsets and the hash. ``pressing.py`` does what they say.
"""

import re
from collections.abc import Sequence
from typing import Any, Self, TypeAlias

import discord
from discord import ButtonStyle, ui

from bot.discord.storage.questions import KEY, Place, place_of
from retrieval.answering.answer import Answer
from retrieval.documents.article import id_key

_HASH_DIGITS = 12  # hexadecimal ones, of an article's hash

Where: TypeAlias = tuple[str, int, int, str]
"""An article's ``id_key``, a quote's start and end in its text, and the text's hash."""

_Button: TypeAlias = ui.Button[Any]
_Item: TypeAlias = ui.Item[Any]
_Interaction: TypeAlias = discord.Interaction[Any]
_Match: TypeAlias = re.Match[str]


class More(ui.DynamicItem[_Button], template=rf"quoth:more:(?P<key>{KEY}):(?P<shown>\d{{1,3}})"):
    """Shows the passages that come next.

    Args:
        key: of the question.
        shown: how many are shown already.
    """

    def __init__(self, key: str, shown: int) -> None:
        super().__init__(_button("More", f"quoth:more:{key}:{shown}"))
        self._key = key
        self._shown = shown

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        """Make it of a button that was pressed."""
        return cls(match["key"], int(match["shown"]))

    async def callback(self, interaction: _Interaction) -> None:
        """It was pressed."""
        await interaction.client.pressing.more(interaction, self._key, self._shown)


class Context(
    ui.DynamicItem[_Button],
    template=rf"quoth:context:(?P<key>{KEY}|-):(?P<number>\d{{1,3}}):(?P<article>{KEY})"
    r":(?P<start>\d{1,12}):(?P<end>\d{1,12}):(?P<hash>[0-9a-f]{12})",
):
    """Shows the paragraphs around a quote.

    Args:
        label: what is on it.
        key: of the question, by which its other quotes are found; None where it is not kept.
        number: of the quote, from 1.
        where: it stands.
    """

    def __init__(self, label: str, key: str | None, number: int, where: Where) -> None:
        article, start, end, sha256 = where
        self._key = key
        self._number = number
        self._where = article, start, end, sha256[:_HASH_DIGITS]
        about = ":".join(str(part) for part in (key or "-", number, *self._where))
        super().__init__(_button(label, f"quoth:context:{about}"))

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        """Make it of a button that was pressed."""
        key = None if match["key"] == "-" else match["key"]
        where = match["article"], int(match["start"]), int(match["end"]), match["hash"]
        return cls("Context", key, int(match["number"]), where)

    async def callback(self, interaction: _Interaction) -> None:
        """It was pressed."""
        await interaction.client.pressing.context(interaction, self._key, self._number, self._where)


class Vote(ui.DynamicItem[_Button], template=rf"quoth:(?P<says>right|wrong):(?P<key>{KEY})"):
    """Says that the answer is right, or wrong.

    Args:
        key: of the question.
        right: which of both.
    """

    def __init__(self, key: str, *, right: bool) -> None:
        says = "right" if right else "wrong"
        super().__init__(_button(says.capitalize(), f"quoth:{says}:{key}", row=1))
        self._key = key
        self._right = right

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        """Make it of a button that was pressed."""
        return cls(match["key"], right=match["says"] == "right")

    async def callback(self, interaction: _Interaction) -> None:
        """It was pressed."""
        await interaction.client.pressing.vote(interaction, self._key, right=self._right)


class FollowUp(ui.DynamicItem[_Button], template=rf"quoth:follow:(?P<key>{KEY})"):
    """Opens a form for a question that follows.

    Args:
        key: of the question before.
    """

    def __init__(self, key: str) -> None:
        super().__init__(_button("Ask a follow-up", f"quoth:follow:{key}"))
        self._key = key

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        """Make it of a button that was pressed."""
        return cls(match["key"])

    async def callback(self, interaction: _Interaction) -> None:
        """It was pressed."""
        await interaction.client.pressing.follow_up(interaction, self._key)


class AsTyped(ui.DynamicItem[_Button], template=rf"quoth:typed:(?P<key>{KEY})"):
    """Asks the question again as if nothing had been asked before it.

    Args:
        key: of the question.
    """

    def __init__(self, key: str) -> None:
        super().__init__(_button("As I typed it", f"quoth:typed:{key}", row=1))
        self._key = key

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        """Make it of a button that was pressed."""
        return cls(match["key"])

    async def callback(self, interaction: _Interaction) -> None:
        """It was pressed."""
        await interaction.client.pressing.as_typed(interaction, self._key)


ALL = (More, Context, Vote, FollowUp, AsTyped)
"""For the client to know them by."""


def under_answer(answer: Answer, key: str | None, shown: int, *, quoted: bool) -> ui.View | None:
    """The buttons under an answer.

    Args:
        answer: it.
        key: of its question, or None where it is not kept.
        shown: how many quotes are shown.
        quoted: the question is somebody's message: nobody votes on that, or asks on.
    """
    view = ui.View(timeout=None)
    if key and len(answer.quotes) + len(answer.more) > shown:
        view.add_item(More(key, shown))
    if shown:
        view.add_item(_context("Context", key, 1, place_of(answer.quotes[0])))
    if key and not quoted:
        view.add_item(FollowUp(key))
        view.add_item(Vote(key, right=True))
        view.add_item(Vote(key, right=False))
        if answer.understood and not answer.understood.standalone:
            view.add_item(AsTyped(key))
    return view if view.children else None


def key_under(message: discord.Message) -> str | None:
    """The key of the question that a message of the bot answers."""
    for row in message.components:
        for item in getattr(row, "children", ()):
            found = FollowUp.__discord_ui_compiled_template__.fullmatch(item.custom_id or "")
            if found:
                return found["key"]
    return None


def under_more(key: str, shown: int, total: int) -> ui.View | None:
    """The button under further passages, as long as there are more."""
    if shown >= total:
        return None
    return ui.View(timeout=None).add_item(More(key, shown))


def under_context(key: str, places: Sequence[Place], number: int) -> ui.View | None:
    """Buttons for the other quotes of the answer."""
    view = ui.View(timeout=None)
    for each, place in enumerate(places, start=1):
        if each != number:
            view.add_item(_context(f"Context of [{each}]", key, each, place))
    return view if view.children else None


def _context(label: str, key: str | None, number: int, place: Place) -> Context:
    where = id_key(place.article), place.start, place.end, place.sha256
    return Context(label, key, number, where)


def _button(label: str, custom_id: str, row: int = 0) -> _Button:
    return ui.Button(label=label, custom_id=custom_id, style=ButtonStyle.secondary, row=row)
