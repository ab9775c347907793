"""The ways to ask: ``/ask``, a mention, a reply, a direct message, a form, somebody's message."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import discord
from discord import app_commands

from bot.dates import read_day
from bot.discord.asking.access import refused, send_privately, terms_of_message
from bot.discord.asking.answer_reply import answer
from bot.discord.asking.answer_service import Asker, Desk
from bot.discord.asking.conversations import talk_in
from bot.discord.messages import components
from bot.discord.messages.answer_message import format_reason
from bot.discord.messages.replies import (
    SENDING_ERRORS,
    Reply,
    Waiting,
    edit_reply,
    log_unsent,
    reply_to,
    tell_privately,
    telling,
)
from bot.discord.operations import traces
from bot.discord.storage.server_settings import Servers, Terms
from retrieval.answering.question import MAX_QUESTION
from retrieval.library.filter import Filter

_HOW_TO_ASK = "Ask me a question: mention me with it, or use `/ask`."
_MENTION_ME = "I cannot read what mentions my role: mention me, the bot, instead, or use `/ask`."
_NO_WORDS = "There are no words in that message that I could look for."

_Interaction = discord.Interaction[Any]

# Mentions, custom emoji and times are no words to look for: all that is in them is numbers.
_TAGS = re.compile(r"<(?:@[!&]?\d+|#\d+|a?:\w+:\d+|t:-?\d+(?::\w)?)>")

_SECONDS_TO_SUGGEST = 2.0  # Discord waits three


async def answer_command(
    desk: Desk,
    terms: Terms,
    interaction: _Interaction,
    question: str,
    since: str | None,
    until: str | None,
    source: str | None,
    private: bool,
) -> None:
    """Answer ``/ask``."""
    with desk.manners.traced("command", question), log_unsent(interaction.channel_id):
        if await refused(desk.manners, terms, interaction):
            return
        try:
            within = terms.within.narrowed(
                read_day(since.strip(), last=False) if since else None,
                read_day(until.strip(), last=True) if until else None,
                source,
            )
        except ValueError as error:
            traces.became("reason")
            await interaction.response.send_message(format_reason(str(error)), ephemeral=True)
            return
        # Discord waits three seconds for a first sign, and then a quarter of an hour.
        await interaction.response.defer(ephemeral=private or terms.private)
        traces.mark("deferred")
        reply = await answer(
            desk,
            question,
            Asker(interaction.guild_id),
            terms,
            within,
            talk=None if private else talk_in(interaction.channel, interaction.user.id),
            show_question=True,
            tell=telling(interaction),
        )
        await edit_reply(interaction, reply)


async def suggest_sources(
    find_sources: Callable[[Filter, str], Awaitable[Sequence[str]]], terms: Terms, typed: str
) -> list[app_commands.Choice[str]]:
    """The sources whose name has in it what somebody has typed so far; none to who may not ask."""
    if terms.refusal:
        return []
    try:
        async with asyncio.timeout(_SECONDS_TO_SUGGEST):
            found = await find_sources(terms.within, typed)
    except Exception:  # nothing is lost: the name can be typed
        return []
    return [app_commands.Choice(name=name, value=name) for name in found]


async def answer_form(
    desk: Desk, terms: Terms, interaction: _Interaction, question: str, key: str
) -> None:
    """Answer a question that follows another one."""
    with desk.manners.traced("follow-up", question), log_unsent(interaction.channel_id):
        if await refused(desk.manners, terms, interaction):
            return
        under = interaction.message
        private = under is not None and under.flags.ephemeral
        await interaction.response.defer(ephemeral=private or terms.private, thinking=True)
        traces.mark("deferred")
        reply = await answer(
            desk,
            question,
            Asker(interaction.guild_id, follows=key),
            terms,
            talk=None if private else talk_in(interaction.channel, interaction.user.id),
            show_question=True,
            tell=telling(interaction),
        )
        await edit_reply(interaction, reply)


async def find_source(
    desk: Desk, terms: Terms, interaction: _Interaction, message: discord.Message
) -> None:
    """Show the passages that support or concern what somebody wrote, to who asks for them."""
    words = _first_words(_plain(_words_of(message)))
    with desk.manners.traced("find the source", words), log_unsent(interaction.channel_id):
        if await refused(desk.manners, terms, interaction):
            return
        await interaction.response.defer(ephemeral=True)
        traces.mark("deferred")
        if words:
            asker = Asker(interaction.guild_id, quoted=True)
            reply = await answer(
                desk, words, asker, terms, about=message.jump_url, tell=telling(interaction)
            )
        else:
            traces.became("reason")
            reply = Reply(_NO_WORDS)
        await edit_reply(interaction, reply)


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
    question = _plain(message.content)
    # Without the message content intent, Discord may keep back what mentions just the role.
    withheld = role_mentioned and not message.content
    kind = "mention" if message.guild else "direct message"
    with desk.manners.traced(kind, question), log_unsent(message.channel.id):
        server = message.guild.id if message.guild else None
        if refusal := desk.manners.refuse(message.author.id, server):
            if not refusal.known:
                await tell_privately(message, refusal.line)
            return
        if terms.refusal:
            traces.became("reason")
            await send_privately(message, Reply(terms.refusal))
            return
        if not question:
            traces.became("reason")
            await reply_to(message, Reply(_MENTION_ME if withheld else _HOW_TO_ASK))
            return
        waiting = Waiting(message)
        async with AsyncExitStack() as stack:
            with suppress(*SENDING_ERRORS):  # the answer matters, the typing sign does not
                await stack.enter_async_context(message.channel.typing())
            traces.mark("typing")
            follows = _replied_to(message, me) or await desk.talks.last(message, me.id)
            talk = talk_in(message.channel, message.author.id)
            asker = Asker(server, follows=follows)
            reply = await answer(
                desk,
                question,
                asker,
                terms,
                talk=talk,
                elsewhere=terms.private,
                tell=waiting.tell,
            )
        if terms.private:
            await send_privately(message, reply)
            await waiting.over()
            return
        await reply_to(message, reply)
        await waiting.over()


def _plain(text: str) -> str:
    return _TAGS.sub(" ", text).strip()


def _words_of(message: discord.Message) -> str:
    """What somebody wrote, or passed on, or what is shown of a link."""
    shown = [message.content, *(each.content for each in message.message_snapshots)]
    shown += [part or "" for each in message.embeds for part in (each.title, each.description)]
    return next((text for text in shown if text.strip()), "")


def _first_words(text: str) -> str:
    """As much of a text as can be asked."""
    if len(text) <= MAX_QUESTION:
        return text
    return text[: MAX_QUESTION + 1].rsplit(maxsplit=1)[0][:MAX_QUESTION]


def _replied_to(message: discord.Message, me: discord.ClientUser) -> str | None:
    """The key of the question whose answer a message replies to."""
    before = message.reference.resolved if message.reference else None
    if not isinstance(before, discord.Message) or before.author.id != me.id:
        return None
    return components.key_under(before)
