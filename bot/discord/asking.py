"""The ways to ask: ``/ask``, a mention, a direct message."""

import logging
import re
from contextlib import AsyncExitStack, suppress

import aiohttp
import discord

from bot.discord.desk import Desk, reason
from bot.discord.format import format_answer

_log = logging.getLogger(__name__)

_HOW_TO_ASK = "Ask me a question: mention me with it, or use `/ask`."
_MENTION_ME = "I cannot read what mentions my role: mention me, the bot, instead, or use `/ask`."

# What sending can raise: Discord refuses, or cannot be reached.
SENDING_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)


async def answer_command(desk: Desk, interaction: discord.Interaction, question: str) -> None:
    """Answer ``/ask``."""
    try:
        # Discord waits three seconds for a first sign, and then a quarter of an hour.
        await interaction.response.defer()
        text = await _text_for(desk, question, show_question=True)
        await interaction.edit_original_response(content=text)
    except SENDING_ERRORS as error:
        log_unsent(interaction.channel_id, error)


async def answer_message(desk: Desk, message: discord.Message, me: discord.ClientUser) -> None:
    """Answer a message if it mentions the bot, or comes to it directly."""
    # A reply to the bot mentions it by itself, unless the person switches that off. With a
    # text in it such a reply is a question, like any other mention.
    mentioned = message.guild is None or me in message.mentions
    # Discord offers the bot's managed role beside the bot, under the same name.
    role = message.guild.self_role if message.guild is not None else None
    role_mentioned = role is not None and role in message.role_mentions
    if not (mentioned or role_mentioned):
        return
    own = rf"<@!?{me.id}>" + (rf"|<@&{role.id}>" if role is not None else "")
    question = re.sub(own, " ", message.content).strip()
    # Without the message content intent, Discord may keep back what mentions just the role.
    withheld = role_mentioned and not message.content
    async with AsyncExitStack() as stack:
        with suppress(*SENDING_ERRORS):  # the answer matters, the typing sign does not
            await stack.enter_async_context(message.channel.typing())
        if question:
            text = await _text_for(desk, question)
        else:
            text = _MENTION_ME if withheld else _HOW_TO_ASK
    try:
        try:
            await message.reply(text, mention_author=False)
        except discord.HTTPException:
            # The question was deleted, or the bot may write here but not read what came
            # before: then the answer is a message on its own.
            await message.channel.send(text)
    except SENDING_ERRORS as error:
        log_unsent(message.channel.id, error)


async def _text_for(desk: Desk, question: str, *, show_question: bool = False) -> str:
    """What the person is shown: the answer, or the reason why there is none."""
    try:
        return format_answer(await desk.ask(question), show_question=show_question)
    except Exception as error:
        return reason(error)


def log_unsent(channel_id: int | None, error: Exception) -> None:
    """Log that Discord did not take an answer."""
    # Only what Discord says: other messages may quote what was to be sent.
    why = str(error) if isinstance(error, discord.HTTPException) else type(error).__name__
    _log.warning("an answer could not be sent to channel %s: %s", channel_id, " ".join(why.split()))
