"""What the bot may do in a server: what it asks for, and what a server keeps back."""

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
"""All that the bot does; it reads no messages but those that mention it."""


class TokenError(QuothError):
    """What is set as the bot's token is none."""


def invite(token: str) -> str:
    """The link with which somebody who manages a server adds the bot to it.

    Args:
        token: the bot's; its first part is the application's id. Discord is not asked.

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


def kept_back(guild: discord.Guild) -> list[str]:
    """The permissions that a server as a whole keeps back, as Discord's settings name them.

    Single channels may give or take more.
    """
    theirs = guild.me.guild_permissions
    return [_title(name) for name, needed in NEEDED if needed and not getattr(theirs, name)]


def _title(name: str) -> str:
    return {"read_messages": "View Channels"}.get(name, name.replace("_", " ").title())
