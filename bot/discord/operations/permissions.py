"""Permissions: those that the bot asks a server for, and a member's Manage Server."""

import base64
import binascii

import discord

from retrieval.errors import QuothError

SCOPES = ("bot", "applications.commands")

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,  # a reply needs it
)
"""What the bot needs; it reads no messages but those that mention it."""


class TokenError(QuothError):
    """The configured token is not a bot token."""


def invite(token: str) -> str:
    """The OAuth2 link with which a member with Manage Server adds the bot.

    Args:
        token: the bot's token; its first part encodes the application's id.

    Raises:
        TokenError: it has no such part.
    """
    first = token.split(".")[0]
    try:
        decoded = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True)
        application = decoded.decode("ascii")
        if not (application.isdigit() and 15 <= len(application) <= 20):
            raise ValueError
    except (binascii.Error, ValueError):
        raise TokenError(
            "DISCORD_TOKEN is no bot's token; set it to the one that the developer portal shows"
            " under Bot"
        ) from None
    return discord.utils.oauth_url(application, permissions=NEEDED, scopes=SCOPES)


def missing_permissions(guild: discord.Guild) -> list[str]:
    """The permissions that the bot lacks in a server, as Discord's settings name them.

    Channels may override them.
    """
    granted = guild.me.guild_permissions
    return [_title(name) for name, needed in NEEDED if needed and not getattr(granted, name)]


def manages(interaction: discord.Interaction) -> bool:
    """Whether the member has Manage Server, or is an administrator, at this moment."""
    held = interaction.permissions
    return interaction.guild_id is not None and (held.manage_guild or held.administrator)


def _title(name: str) -> str:
    return {"read_messages": "View Channels"}.get(name, name.replace("_", " ").title())
