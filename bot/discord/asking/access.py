"""On which terms somebody is answered, as Discord tells where and who they are."""

from typing import Any, cast

import discord
from discord import ui

from bot.discord.asking.throttle import Manners
from bot.discord.messages.replies import SENDING_ERRORS, Reply, log_unsent
from bot.discord.operations import traces
from bot.discord.operations.permissions import manages
from bot.discord.storage.server_settings import DIRECT, Servers, Terms

_SECONDS_SHOWN = 30.0
_USE_ASK = "I can't send you a direct message; use `/ask`, and only you will see what I say."


def terms_of_message(servers: Servers, message: discord.Message) -> Terms:
    """The terms of a question in a message."""
    if message.guild is None:
        return DIRECT
    author = message.author
    member = author if isinstance(author, discord.Member) else None
    roles = [role.id for role in member.roles] if member else []
    may = member is not None and member.guild_permissions.manage_guild
    return servers.of(message.guild.id).for_channel(_places(message.channel), roles, manages=may)


def terms_of_interaction(servers: Servers, interaction: discord.Interaction[Any]) -> Terms:
    """The terms of a question in a command, a button or a form."""
    if interaction.guild_id is None:
        return DIRECT
    roles = [role.id for role in getattr(interaction.user, "roles", [])]
    return servers.of(interaction.guild_id).for_channel(
        _places(interaction.channel), roles, manages=manages(interaction)
    )


async def send_privately(message: discord.Message, reply: Reply) -> None:
    """Answer a message so that its author alone reads it.

    Who takes no direct messages is told in the channel how to ask, and that for a while alone.
    """
    view = cast(ui.View, reply.view)  # None is none, whatever discord.py's types say
    try:
        await message.author.send(reply.text, view=view)
    except SENDING_ERRORS:
        with log_unsent(message.channel.id):
            await message.reply(_USE_ASK, mention_author=False, delete_after=_SECONDS_SHOWN)


async def refused(manners: Manners, terms: Terms, interaction: discord.Interaction[Any]) -> bool:
    """Whether a question may not be asked here, or not now; the person is told so privately.

    Raises:
        Exception: one of ``SENDING_ERRORS``.
    """
    line = refusal(manners, terms, interaction)
    if line:
        await interaction.response.send_message(line, ephemeral=True)
    return line is not None


def refusal(manners: Manners, terms: Terms, interaction: discord.Interaction[Any]) -> str | None:
    """Why a question may not be asked here, or not now; None where it is taken, and counted."""
    if terms.refusal:
        traces.became("reason")
        return terms.refusal
    refused = manners.refuse(interaction.user.id, interaction.guild_id)
    return refused.line if refused else None


def _places(channel: Any) -> list[int]:
    """A channel and what it is in: of a thread its channel, and the category."""
    # A thread whose channel is not known yet raises an error when it is asked for its category.
    inside = channel.parent if isinstance(channel, discord.Thread) else channel
    found = (
        getattr(channel, "id", None),
        getattr(channel, "parent_id", None),
        getattr(inside, "category_id", None),
    )
    return [each for each in found if each is not None]
