"""Conversations that go on by themselves: each person's own in a thread, and in direct messages.

In any other channel people talk at once about different things: there only a reply to an answer, or
the button under it, continues. What was said is in the store; here is only which answer comes next.
"""

from collections import OrderedDict
from typing import Any, TypeAlias

import discord

from bot.discord.messages.components import key_under
from bot.discord.messages.replies import SENDING_ERRORS

Talk: TypeAlias = tuple[int, int]
"""A thread or a channel of direct messages, and the person."""

_MOST = 10_000  # conversations; one that is forgotten is read from its channel again
_LOOKED_BACK = 50  # messages, of all people in a thread


def talk_in(channel: object, person: int) -> Talk | None:
    """The conversation that a person has with the bot in a channel; None where none goes on."""
    if isinstance(channel, discord.Thread | discord.DMChannel):
        return channel.id, person
    return None


class Talks:
    """Which answer each conversation goes on from: as remembered, or else as its channel shows."""

    def __init__(self) -> None:
        self._last: OrderedDict[Talk, str] = OrderedDict()

    def goes_on(self, talk: Talk, key: str) -> None:
        """Remember the last question of a conversation by its key."""
        self._last[talk] = key
        self._last.move_to_end(talk)
        if len(self._last) > _MOST:
            self._last.popitem(last=False)

    async def last(self, message: discord.Message, me: int) -> str | None:
        """The key of the question whose answer a message goes on from, if there is one.

        Args:
            message: a question.
            me: the bot's id.
        """
        talk = talk_in(message.channel, message.author.id)
        if talk is None:
            return None
        if talk not in self._last:
            try:
                key = await _shown(message, me)
            except SENDING_ERRORS:  # it may not be read: then this is the beginning
                return None
            if key and talk not in self._last:
                self.goes_on(talk, key)
        return self._last.get(talk)


async def _shown(message: discord.Message, me: int) -> str | None:
    """The key under the bot's last answer to a person, or under that which began the thread."""
    channel = message.channel
    async for each in channel.history(limit=_LOOKED_BACK, before=message):
        if each.author.id == me and (key := key_under(each)):
            direct = isinstance(channel, discord.DMChannel)
            if direct or _answered_to(each) == message.author.id:
                return key
    if isinstance(channel, discord.Thread) and isinstance(channel.parent, discord.TextChannel):
        # A thread has the id of the message that it began with, whoever's that is.
        began = await channel.parent.fetch_message(channel.id)
        return key_under(began) if began.author.id == me else None
    return None


def _answered_to(answer: discord.Message) -> int | None:
    """Whom an answer of the bot is for, as far as Discord still knows it."""
    if answer.interaction_metadata is not None:
        return answer.interaction_metadata.user.id
    asked: Any = answer.reference.resolved if answer.reference else None
    return asked.author.id if isinstance(asked, discord.Message) else None
