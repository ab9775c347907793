"""Questions in messages: mentions of the bot, replies to it, and direct messages."""

import re
from contextlib import AsyncExitStack, suppress

import discord

from bot.discord.asking.answer_reply import answer_reply
from bot.discord.asking.answer_service import AnswerService, QuestionOrigin
from bot.discord.asking.conversations import conversation_in
from bot.discord.asking.refusals import policy_for_message
from bot.discord.messages.answer_buttons import question_key
from bot.discord.messages.replies import (
    SENDING_ERRORS,
    Reply,
    StatusMessage,
    dm_notice,
    dm_reply,
    log_unsent,
    reply_to,
)
from bot.discord.operations import traces
from bot.discord.storage.server_settings import ServerSettingsStore

_HOW_TO_ASK = "Ask me a question: mention me with it, or use `/ask`."
_MENTION_ME = "I cannot read what mentions my role: mention me, the bot, instead, or use `/ask`."

# Mentions, custom emoji and timestamps: there is nothing but numbers in them to search for.
_MARKUP = re.compile(r"<(?:@[!&]?\d+|#\d+|a?:\w+:\d+|t:-?\d+(?::\w)?)>")


async def answer_message(
    service: AnswerService,
    settings: ServerSettingsStore,
    message: discord.Message,
    me: discord.ClientUser,
) -> None:
    """Answer a message if it mentions the bot, or is a direct message."""
    # A reply to the bot mentions it by itself, unless the user switches that off. With a
    # text in it such a reply is a question, like any other mention.
    mentioned = message.guild is None or me in message.mentions
    # Discord offers the bot's managed role beside the bot, under the same name.
    role = message.guild.self_role if message.guild is not None else None
    role_mentioned = role is not None and role in message.role_mentions
    if not (mentioned or role_mentioned):
        return
    policy = policy_for_message(settings, message)
    question = without_markup(message.content)
    kind = "mention" if message.guild else "direct message"
    with service.throttle.trace(kind, question), log_unsent(message.channel.id):
        server = message.guild.id if message.guild else None
        if notice := service.throttle.check(message.author.id, server):
            if not notice.already_told:
                await dm_notice(message, notice.text)
            return
        if policy.refusal:
            traces.set_outcome("reason")
            await dm_reply(message, Reply(policy.refusal))
            return
        if not question:
            traces.set_outcome("reason")
            # Without the message content intent, Discord may withhold what mentions only the role.
            withheld = role_mentioned and not message.content
            await reply_to(message, Reply(_MENTION_ME if withheld else _HOW_TO_ASK))
            return
        status = StatusMessage(message)
        async with AsyncExitStack() as stack:
            with suppress(*SENDING_ERRORS):  # the answer matters, the typing indicator does not
                await stack.enter_async_context(message.channel.typing())
            traces.mark("typing")
            follows = _replied_to(message, me)
            if follows is None:
                follows = await service.conversations.last_key(message, me.id)
            reply = await answer_reply(
                service,
                question,
                QuestionOrigin(server, follows=follows),
                policy,
                conversation=conversation_in(message.channel, message.author.id),
                other_channel=policy.private,
                show_status=status.show,
            )
        await (dm_reply if policy.private else reply_to)(message, reply)
        await status.delete()


def without_markup(text: str) -> str:
    """A message's text without mentions, custom emoji and timestamps."""
    return _MARKUP.sub(" ", text).strip()


def _replied_to(message: discord.Message, me: discord.ClientUser) -> str | None:
    """The key of the question whose answer a message replies to."""
    before = message.reference.resolved if message.reference else None
    if not isinstance(before, discord.Message) or before.author.id != me.id:
        return None
    return question_key(before)
