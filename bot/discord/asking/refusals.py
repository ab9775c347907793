"""Who may ask where: the policy for a message or an interaction, and refusals."""

from typing import Any

import discord

from bot.discord.asking.throttle import Throttle
from bot.discord.operations import traces
from bot.discord.operations.permissions import manages
from bot.discord.storage.server_settings import (
    DIRECT_MESSAGE_POLICY,
    AnswerPolicy,
    ServerSettingsStore,
)


def policy_for_message(settings: ServerSettingsStore, message: discord.Message) -> AnswerPolicy:
    if message.guild is None:
        return DIRECT_MESSAGE_POLICY
    author = message.author
    member = author if isinstance(author, discord.Member) else None
    roles = [role.id for role in member.roles] if member else []
    return settings.get(message.guild.id).policy(
        _channel_ids(message.channel),
        roles,
        manages=member is not None and member.guild_permissions.manage_guild,
    )


def policy_for_interaction(
    settings: ServerSettingsStore, interaction: discord.Interaction[Any]
) -> AnswerPolicy:
    if interaction.guild_id is None:
        return DIRECT_MESSAGE_POLICY
    roles = [role.id for role in getattr(interaction.user, "roles", [])]
    return settings.get(interaction.guild_id).policy(
        _channel_ids(interaction.channel), roles, manages=manages(interaction)
    )


def refusal(
    throttle: Throttle, policy: AnswerPolicy, interaction: discord.Interaction[Any]
) -> str | None:
    """Why a question may not be asked here or now; None where it is accepted, and counted."""
    if policy.refusal:
        traces.set_outcome("reason")
        return policy.refusal
    notice = throttle.check(interaction.user.id, interaction.guild_id)
    return notice.text if notice else None


async def is_refused(
    throttle: Throttle, policy: AnswerPolicy, interaction: discord.Interaction[Any]
) -> bool:
    """Check as ``refusal`` does, and tell the user privately; raises one of ``SENDING_ERRORS``."""
    text = refusal(throttle, policy, interaction)
    if text:
        await interaction.response.send_message(text, ephemeral=True)
    return text is not None


def _channel_ids(channel: Any) -> list[int]:
    """The ids of a channel and its parents, the nearest first: thread, channel, category."""
    # A thread whose parent is not in the cache raises an error when asked for its category.
    inside = channel.parent if isinstance(channel, discord.Thread) else channel
    found = (
        getattr(channel, "id", None),
        getattr(channel, "parent_id", None),
        getattr(inside, "category_id", None),
    )
    return [each for each in found if each is not None]
