"""The buttons under an answer: persistent components, which work after a restart and a re-index.

A custom id carries all that a button needs: the key of the stored question, or an article, offsets
and a hash. ``buttons.handlers`` does what they are for.
"""

import re
from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeAlias

import discord
from discord import ButtonStyle, ui

from bot.discord.storage.questions import KEY_PATTERN, QuoteLocation, quote_location
from retrieval.answering.answer import Answer
from retrieval.documents.article import id_key

_HASH_DIGITS = 12  # hexadecimal ones, of an article's hash

QuoteReference: TypeAlias = tuple[str, int, int, str]
"""An article's ``id_key``, a quote's start and end in its text, the first digits of its SHA-256."""

_Button: TypeAlias = ui.Button[Any]
_Item: TypeAlias = ui.Item[Any]
_Match: TypeAlias = re.Match[str]


class _Handlers(Protocol):
    """What the buttons do: ``buttons.handlers.ButtonHandlers``."""

    async def more(self, interaction: "_Interaction", key: str, shown: int) -> None: ...
    async def context(
        self, interaction: "_Interaction", key: str | None, number: int, quote: QuoteReference
    ) -> None: ...
    async def vote(self, interaction: "_Interaction", key: str, *, right: bool) -> None: ...
    async def follow_up(self, interaction: "_Interaction", key: str) -> None: ...
    async def as_typed(self, interaction: "_Interaction", key: str) -> None: ...


# Its client has an attribute ``button_handlers``, which discord.py's types do not know.
_Interaction: TypeAlias = discord.Interaction[Any]


def _handlers(interaction: _Interaction) -> _Handlers:
    handlers: _Handlers = interaction.client.button_handlers
    return handlers


class MoreButton(
    ui.DynamicItem[_Button], template=rf"quoth:more:(?P<key>{KEY_PATTERN}):(?P<shown>\d{{1,3}})"
):
    """Shows the passages after the first ``shown``."""

    def __init__(self, key: str, shown: int) -> None:
        super().__init__(_button("More", f"quoth:more:{key}:{shown}"))
        self._key = key
        self._shown = shown

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        return cls(match["key"], int(match["shown"]))

    async def callback(self, interaction: _Interaction) -> None:
        await _handlers(interaction).more(interaction, self._key, self._shown)


class ContextButton(
    ui.DynamicItem[_Button],
    template=rf"quoth:context:(?P<key>{KEY_PATTERN}|-):(?P<number>\d{{1,3}})"
    rf":(?P<article>{KEY_PATTERN})"
    r":(?P<start>\d{1,12}):(?P<end>\d{1,12}):(?P<hash>[0-9a-f]{12})",
):
    """Shows the paragraphs around a quote.

    Args:
        key: of the question, which leads to its other quotes; None where it is not stored.
        number: of the quote, from 1.
    """

    def __init__(self, label: str, key: str | None, number: int, quote: QuoteReference) -> None:
        article, start, end, sha256 = quote
        self._key = key
        self._number = number
        self._quote = article, start, end, sha256[:_HASH_DIGITS]
        fields = ":".join(str(part) for part in (key or "-", number, *self._quote))
        super().__init__(_button(label, f"quoth:context:{fields}"))

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        key = None if match["key"] == "-" else match["key"]
        quote = match["article"], int(match["start"]), int(match["end"]), match["hash"]
        return cls("Context", key, int(match["number"]), quote)

    async def callback(self, interaction: _Interaction) -> None:
        await _handlers(interaction).context(interaction, self._key, self._number, self._quote)


class VoteButton(
    ui.DynamicItem[_Button], template=rf"quoth:(?P<verdict>right|wrong):(?P<key>{KEY_PATTERN})"
):
    """Votes on the answer."""

    def __init__(self, key: str, *, right: bool) -> None:
        verdict = "right" if right else "wrong"
        super().__init__(_button(verdict.capitalize(), f"quoth:{verdict}:{key}", row=1))
        self._key = key
        self._right = right

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        return cls(match["key"], right=match["verdict"] == "right")

    async def callback(self, interaction: _Interaction) -> None:
        await _handlers(interaction).vote(interaction, self._key, right=self._right)


class FollowUpButton(ui.DynamicItem[_Button], template=rf"quoth:follow:(?P<key>{KEY_PATTERN})"):
    """Opens the modal for a question that follows the one with that key."""

    def __init__(self, key: str) -> None:
        super().__init__(_button("Ask a follow-up", f"quoth:follow:{key}"))
        self._key = key

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        return cls(match["key"])

    async def callback(self, interaction: _Interaction) -> None:
        await _handlers(interaction).follow_up(interaction, self._key)


class AsTypedButton(ui.DynamicItem[_Button], template=rf"quoth:typed:(?P<key>{KEY_PATTERN})"):
    """Asks the question again, without its conversation."""

    def __init__(self, key: str) -> None:
        super().__init__(_button("As I typed it", f"quoth:typed:{key}", row=1))
        self._key = key

    @classmethod
    async def from_custom_id(cls, _: _Interaction, item: _Item, match: _Match, /) -> Self:
        return cls(match["key"])

    async def callback(self, interaction: _Interaction) -> None:
        await _handlers(interaction).as_typed(interaction, self._key)


PERSISTENT_BUTTONS = (MoreButton, ContextButton, VoteButton, FollowUpButton, AsTypedButton)
"""For ``Client.add_dynamic_items``."""


def answer_buttons(answer: Answer, key: str | None, shown: int, *, quoted: bool) -> ui.View | None:
    """The buttons under an answer; None where there is none.

    Args:
        key: of its question, or None where it is not stored.
        quoted: the question is somebody's message: no votes on it, and no follow-ups.
    """
    view = ui.View(timeout=None)
    if key and len(answer.quotes) + len(answer.more) > shown:
        view.add_item(MoreButton(key, shown))
    if shown:
        view.add_item(_context_button("Context", key, 1, quote_location(answer.quotes[0])))
    if key and not quoted:
        view.add_item(FollowUpButton(key))
        view.add_item(VoteButton(key, right=True))
        view.add_item(VoteButton(key, right=False))
        if answer.understood and not answer.understood.standalone:
            view.add_item(AsTypedButton(key))
    return view if view.children else None


def more_button(key: str, shown: int, total: int) -> ui.View | None:
    """The button under further passages; None where all are shown."""
    if shown >= total:
        return None
    return ui.View(timeout=None).add_item(MoreButton(key, shown))


def context_buttons(key: str, locations: Sequence[QuoteLocation], number: int) -> ui.View | None:
    """Buttons for the answer's other quotes than that number; None where there is none."""
    view = ui.View(timeout=None)
    for each, location in enumerate(locations, start=1):
        if each != number:
            view.add_item(_context_button(f"Context of [{each}]", key, each, location))
    return view if view.children else None


def question_key(message: discord.Message) -> str | None:
    """The key of the question that a message of the bot answers, from its follow-up button."""
    for row in message.components:
        for item in getattr(row, "children", ()):
            template = FollowUpButton.__discord_ui_compiled_template__
            if found := template.fullmatch(item.custom_id or ""):
                return found["key"]
    return None


def _context_button(
    label: str, key: str | None, number: int, location: QuoteLocation
) -> ContextButton:
    quote = id_key(location.article), location.start, location.end, location.sha256
    return ContextButton(label, key, number, quote)


def _button(label: str, custom_id: str, row: int = 0) -> _Button:
    return ui.Button(label=label, custom_id=custom_id, style=ButtonStyle.secondary, row=row)
