"""Conversations that go on without a reply: each user's own in a thread, and in direct messages.

In other channels people talk about different things at once: there only a reply to an answer, or
the button under it, continues. The turns are in the database; here is only which one comes last.
"""

from collections import OrderedDict
from typing import TypeAlias

import discord

from bot.discord.messages.answer_buttons import question_key
from bot.discord.messages.replies import SENDING_ERRORS

ConversationId: TypeAlias = tuple[int, int]
"""The id of a thread or a direct message channel, and the user's id."""

_CACHE_SIZE = 10_000  # conversations; an evicted one is read from its channel again
_HISTORY_LIMIT = 50  # messages, of all users in a thread


def conversation_in(channel: object, user: int) -> ConversationId | None:
    """The user's conversation with the bot in a channel; None where the channel has none."""
    if isinstance(channel, discord.Thread | discord.DMChannel):
        return channel.id, user
    return None


class ConversationCache:
    """The last question of each conversation: from a cache, or else from the channel's history."""

    def __init__(self) -> None:
        self._last_keys: OrderedDict[ConversationId, str] = OrderedDict()

    def continue_from(self, conversation: ConversationId, key: str) -> None:
        """Set the key of a conversation's last question."""
        self._last_keys[conversation] = key
        self._last_keys.move_to_end(conversation)
        if len(self._last_keys) > _CACHE_SIZE:
            self._last_keys.popitem(last=False)

    async def last_key(self, message: discord.Message, me: int) -> str | None:
        """The key of the question that a message continues from, or None."""
        conversation = conversation_in(message.channel, message.author.id)
        if conversation is None:
            return None
        if conversation not in self._last_keys:
            try:
                key = await _key_in_history(message, me)
            except SENDING_ERRORS:  # the history may not be read: a new conversation
                return None
            if key and conversation not in self._last_keys:
                self.continue_from(conversation, key)
        return self._last_keys.get(conversation)


async def _key_in_history(message: discord.Message, me: int) -> str | None:
    """The key under the bot's last answer to the author, or under the thread's first message."""
    channel = message.channel
    async for each in channel.history(limit=_HISTORY_LIMIT, before=message):
        if each.author.id == me and (key := question_key(each)):
            direct = isinstance(channel, discord.DMChannel)
            if direct or _addressee(each) == message.author.id:
                return key
    if isinstance(channel, discord.Thread) and isinstance(channel.parent, discord.TextChannel):
        # A thread has the id of its first message, whoever's that is.
        first = await channel.parent.fetch_message(channel.id)
        return question_key(first) if first.author.id == me else None
    return None


def _addressee(answer: discord.Message) -> int | None:
    """The user whom an answer of the bot is for, as far as Discord still knows."""
    if answer.interaction_metadata is not None:
        return answer.interaction_metadata.user.id
    question = answer.reference.resolved if answer.reference else None
    return question.author.id if isinstance(question, discord.Message) else None
