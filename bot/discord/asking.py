"""The ways to ask: ``/ask``, a mention, a direct message."""

import re
from contextlib import AsyncExitStack, suppress

import discord

from bot.discord.desk import Desk, reason
from bot.discord.format import format_answer
from bot.discord.sending import SENDING_ERRORS, log_unsent
from bot.discord.server_settings import Servers, Terms
from bot.discord.terms import send_privately, terms_of_interaction, terms_of_message

_HOW_TO_ASK = "Ask me a question: mention me with it, or use `/ask`."
_MENTION_ME = "I cannot read what mentions my role: mention me, the bot, instead, or use `/ask`."


async def answer_command(
    desk: Desk, servers: Servers, interaction: discord.Interaction, question: str
) -> None:
    """Answer ``/ask``."""
    terms = terms_of_interaction(servers, interaction)
    try:
        if terms.refusal:
            await interaction.response.send_message(terms.refusal, ephemeral=True)
            return
        # Discord waits three seconds for a first sign, and then a quarter of an hour.
        await interaction.response.defer(ephemeral=terms.private)
        text = await _text_for(desk, question, terms, show_question=True)
        await interaction.edit_original_response(content=text)
    except SENDING_ERRORS as error:
        log_unsent(interaction.channel_id, error)


async def answer_message(
    desk: Desk, servers: Servers, message: discord.Message, me: discord.ClientUser
) -> None:
    """Answer a message if it mentions the bot, or comes to it directly."""
    # A reply to the bot mentions it by itself, unless the person switches that off. With a
    # text in it such a reply is a question, like any other mention.
    mentioned = message.guild is None or me in message.mentions
    # Discord offers the bot's managed role beside the bot, under the same name.
    role = message.guild.self_role if message.guild is not None else None
    role_mentioned = role is not None and role in message.role_mentions
    if not (mentioned or role_mentioned):
        return
    terms = terms_of_message(servers, message)
    if terms.refusal:
        await send_privately(message, terms.refusal)
        return
    own = rf"<@!?{me.id}>" + (rf"|<@&{role.id}>" if role is not None else "")
    question = re.sub(own, " ", message.content).strip()
    # Without the message content intent, Discord may keep back what mentions just the role.
    withheld = role_mentioned and not message.content
    async with AsyncExitStack() as stack:
        with suppress(*SENDING_ERRORS):  # the answer matters, the typing sign does not
            await stack.enter_async_context(message.channel.typing())
        if question:
            text = await _text_for(desk, question, terms)
        else:
            text = _MENTION_ME if withheld else _HOW_TO_ASK
    if terms.private and question:
        await send_privately(message, text)
        return
    try:
        try:
            await message.reply(text, mention_author=False)
        except discord.HTTPException:
            # The question was deleted, or the bot may write here but not read what came
            # before: then the answer is a message on its own.
            await message.channel.send(text)
    except SENDING_ERRORS as error:
        log_unsent(message.channel.id, error)


async def _text_for(desk: Desk, question: str, terms: Terms, *, show_question: bool = False) -> str:
    """What the person is shown: the answer, or the reason why there is none."""
    try:
        answer = await desk.ask(question, within=terms.within, min_confidence=terms.min_confidence)
        return format_answer(answer, show_question=show_question)
    except Exception as error:
        return reason(error)
