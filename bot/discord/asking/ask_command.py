"""``/ask``, with its autocompletion, and the context menu command *Find the source*."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.dates import read_day
from bot.discord.asking.answer_reply import answer_reply
from bot.discord.asking.answer_service import AnswerService, QuestionOrigin
from bot.discord.asking.conversations import conversation_in
from bot.discord.asking.mentions import without_markup
from bot.discord.asking.refusals import is_refused
from bot.discord.messages.answer_message import format_error
from bot.discord.messages.replies import Reply, edit_reply, log_unsent, status_editor
from bot.discord.operations import traces
from bot.discord.storage.server_settings import AnswerPolicy
from retrieval.answering.question import MAX_QUESTION
from retrieval.library.filter import Filter

_NO_WORDS = "There are no words in that message that I could look for."

_Interaction = discord.Interaction[Any]

_AUTOCOMPLETE_TIMEOUT = 2.0  # seconds; Discord waits three


async def answer_command(
    service: AnswerService,
    policy: AnswerPolicy,
    interaction: _Interaction,
    question: str,
    since: str | None,
    until: str | None,
    source: str | None,
    private: bool,
) -> None:
    with service.throttle.trace("command", question), log_unsent(interaction.channel_id):
        if await is_refused(service.throttle, policy, interaction):
            return
        try:
            within = policy.within.narrowed(
                read_day(since.strip(), last=False) if since else None,
                read_day(until.strip(), last=True) if until else None,
                source,
            )
        except ValueError as error:
            traces.set_outcome("reason")
            await interaction.response.send_message(format_error(str(error)), ephemeral=True)
            return
        # Discord waits three seconds for a first response, and fifteen minutes for the rest.
        await interaction.response.defer(ephemeral=private or policy.private)
        traces.mark("deferred")
        user = interaction.user.id
        reply = await answer_reply(
            service,
            question,
            QuestionOrigin(interaction.guild_id),
            policy,
            within,
            conversation=None if private else conversation_in(interaction.channel, user),
            show_question=True,
            show_status=status_editor(interaction),
        )
        await edit_reply(interaction, reply)


async def suggest_sources(
    find_sources: Callable[[Filter, str], Awaitable[Sequence[str]]],
    policy: AnswerPolicy,
    typed: str,
) -> list[app_commands.Choice[str]]:
    """Autocompletion of ``source``: names that contain what was typed; none for who may not ask."""
    if policy.refusal:
        return []
    try:
        async with asyncio.timeout(_AUTOCOMPLETE_TIMEOUT):
            found = await find_sources(policy.within, typed)
    except Exception:  # nothing is lost: the name can be typed
        return []
    return [app_commands.Choice(name=name, value=name) for name in found]


async def find_source(
    service: AnswerService,
    policy: AnswerPolicy,
    interaction: _Interaction,
    message: discord.Message,
) -> None:
    """Answer privately with the passages that support or concern a message."""
    text = _truncated(without_markup(_text_of(message)))
    with service.throttle.trace("find the source", text), log_unsent(interaction.channel_id):
        if await is_refused(service.throttle, policy, interaction):
            return
        await interaction.response.defer(ephemeral=True)
        traces.mark("deferred")
        if text:
            reply = await answer_reply(
                service,
                text,
                QuestionOrigin(interaction.guild_id, quoted=True),
                policy,
                message_url=message.jump_url,
                show_status=status_editor(interaction),
            )
        else:
            traces.set_outcome("reason")
            reply = Reply(_NO_WORDS)
        await edit_reply(interaction, reply)


def _text_of(message: discord.Message) -> str:
    """The first text in a message: its own, of a forwarded message, or of an embed."""
    texts = [message.content, *(each.content for each in message.message_snapshots)]
    texts += [part or "" for each in message.embeds for part in (each.title, each.description)]
    return next((text for text in texts if text.strip()), "")


def _truncated(text: str) -> str:
    """The first words of a text, of at most ``MAX_QUESTION`` characters."""
    if len(text) <= MAX_QUESTION:
        return text
    return text[: MAX_QUESTION + 1].rsplit(maxsplit=1)[0][:MAX_QUESTION]
