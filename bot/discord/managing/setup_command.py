"""``/quoth setup``: a panel with a server's settings."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import discord
from discord import app_commands

from bot.discord.managing.base import ManagerGroup, ManagerView
from bot.discord.managing.scope_form import ScopeForm, scope_in_words
from bot.discord.managing.threshold_form import ThresholdForm
from bot.discord.messages.limits import MAX_CHOICES, MESSAGE_LIMIT, length
from bot.discord.storage.ownership import visible_to
from bot.discord.storage.server_settings import Scope, ServerSettings, ServerSettingsStore
from retrieval.library.filter import Filter

FindSources = Callable[[Filter], Awaitable[Sequence[str]]]

_SHOWN = 8  # channels or roles named in the message
_MORE = "and something else in {} more channels"

_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.category,
]


class SetupCommand(ManagerGroup):
    """The command group; ``find_sources`` returns the shared sources that a filter admits."""

    def __init__(self, server_settings: ServerSettingsStore, find_sources: FindSources) -> None:
        super().__init__("quoth", "Set Quoth up in this server.")
        self._server_settings = server_settings
        self._find_sources = find_sources

    @app_commands.command(description="Settle where I answer, whom, from what, and how.")
    async def setup(self, interaction: discord.Interaction) -> None:
        panel = SetupPanel(self._server_settings, self._find_sources, interaction.guild_id or 0)
        await interaction.response.send_message(panel.text(), view=panel, ephemeral=True)


class SetupPanel(ManagerView):
    """A server's settings, with components to change them; each change is stored at once."""

    def __init__(
        self, server_settings: ServerSettingsStore, find_sources: FindSources, server: int
    ) -> None:
        super().__init__()
        self._server_settings = server_settings
        self._find_sources = find_sources
        self._server = server
        self._update()

    @property
    def _settings(self) -> ServerSettings:
        return self._server_settings.get(self._server)

    def text(self) -> str:
        settings = self._settings
        where = _some([f"<#{each}>" for each in sorted(settings.channels)]) or "in every channel"
        whom = _some([f"<@&{each}>" for each in sorted(settings.roles)]) or "everyone"
        who = "only the one who asked" if settings.private else "everybody"
        least = settings.min_confidence
        sure = "as the bot has it" if least is None else f"{least:.0%}, else it is “not found”"
        lines = [
            "**Quoth in this server**",
            f"Where I answer: {where}",
            f"Whom I answer: {whom}",
            f"Who sees an answer: {who}",
            f"How sure I must be: {sure}",
            f"What I quote: {scope_in_words(settings.scope, self._server)}",
        ]
        left = len(settings.scopes)
        for channel, scope in sorted(settings.scopes.items()):
            line = f"What I quote in <#{channel}>: {scope_in_words(scope, self._server)}"
            if length("\n".join([*lines, line])) > MESSAGE_LIMIT - len(_MORE) - 10:
                lines.append(_MORE.format(left))
                break
            lines.append(line)
            left -= 1
        return "\n".join(lines)

    @discord.ui.select(
        cls=discord.ui.ChannelSelect,
        custom_id="channels",
        placeholder="Answer in channels (none: all)",
        channel_types=_CHANNELS,
        min_values=0,
        max_values=MAX_CHOICES,
        row=0,
    )
    async def channels(
        self, interaction: discord.Interaction, chosen: discord.ui.ChannelSelect["SetupPanel"]
    ) -> None:
        ids = frozenset(each.id for each in chosen.values)
        named = ", ".join(f"#{each.name}" for each in chosen.values) or "everywhere"
        await self._change(
            interaction, f"answers in: {named}", lambda now: replace(now, channels=ids)
        )

    @discord.ui.select(
        cls=discord.ui.RoleSelect,
        custom_id="roles",
        placeholder="Answer these roles (none: all)",
        min_values=0,
        max_values=MAX_CHOICES,
        row=1,
    )
    async def roles(
        self, interaction: discord.Interaction, chosen: discord.ui.RoleSelect["SetupPanel"]
    ) -> None:
        # The role that everyone has is no restriction.
        ids = frozenset(each.id for each in chosen.values if each.id != self._server)
        named = ", ".join(each.name for each in chosen.values) or "everyone"
        await self._change(interaction, f"answers: {named}", lambda now: replace(now, roles=ids))

    @discord.ui.select(
        cls=discord.ui.ChannelSelect,
        custom_id="scope",
        placeholder="What one channel may see …",
        channel_types=_CHANNELS,
        row=2,
    )
    async def channel_scope(
        self, interaction: discord.Interaction, chosen: discord.ui.ChannelSelect["SetupPanel"]
    ) -> None:
        await self._ask_for_scope(interaction, chosen.values[0].id, f"#{chosen.values[0].name}")

    @discord.ui.button(label="What all may see …", custom_id="all", row=3)
    async def whole_scope(
        self, interaction: discord.Interaction, button: discord.ui.Button["SetupPanel"]
    ) -> None:
        await self._ask_for_scope(interaction, None, "all other channels")

    @discord.ui.button(label="Private answers", custom_id="private", row=3)
    async def private(
        self, interaction: discord.Interaction, button: discord.ui.Button["SetupPanel"]
    ) -> None:
        private = not self._settings.private
        what = "answers are private" if private else "answers are seen by all"
        await self._change(interaction, what, lambda now: replace(now, private=private))

    @discord.ui.button(label="Threshold …", custom_id="threshold", row=3)
    async def threshold(
        self, interaction: discord.Interaction, button: discord.ui.Button["SetupPanel"]
    ) -> None:
        await interaction.response.send_modal(ThresholdForm(self._change_threshold))

    async def _change_threshold(
        self, interaction: discord.Interaction, threshold: float | None
    ) -> None:
        what = "threshold: the bot's own" if threshold is None else f"threshold: {threshold:.0%}"
        await self._change(interaction, what, lambda now: replace(now, min_confidence=threshold))

    async def show(self, interaction: discord.Interaction) -> None:
        self._update()
        await interaction.edit_original_response(content=self.text(), view=self)

    async def _ask_for_scope(
        self, interaction: discord.Interaction, channel: int | None, name: str
    ) -> None:
        settings = self._settings
        scope = settings.scope if channel is None else settings.scopes.get(channel)
        sources = await self._find_sources(visible_to(None))

        async def store_scope(answered: discord.Interaction, scope: Scope | None) -> None:
            await answered.response.defer()
            seen = "as all others" if scope is None else scope_in_words(scope, self._server)
            what = f"{name} may see: {seen}"
            await asyncio.to_thread(
                self._server_settings.change_scope,
                self._server, answered.user.id, what, channel, scope,
            )  # fmt: skip
            await self.show(answered)

        form = ScopeForm(
            name, scope, self._server, sources, store_scope, own=channel in settings.scopes
        )
        await interaction.response.send_modal(form)

    async def _change(
        self,
        interaction: discord.Interaction,
        action: str,
        change: Callable[[ServerSettings], ServerSettings],
    ) -> None:
        await interaction.response.defer()
        await asyncio.to_thread(
            self._server_settings.change, self._server, interaction.user.id, action, change
        )
        await self.show(interaction)

    def _update(self) -> None:
        settings = self._settings
        kinds = discord.SelectDefaultValueType
        self.channels.default_values = [
            discord.SelectDefaultValue(id=each, type=kinds.channel)
            for each in sorted(settings.channels)[:MAX_CHOICES]
        ]
        self.roles.default_values = [
            discord.SelectDefaultValue(id=each, type=kinds.role)
            for each in sorted(settings.roles)[:MAX_CHOICES]
        ]
        self.private.label = f"Private answers: {'on' if settings.private else 'off'}"
        self.private.style = (
            discord.ButtonStyle.primary if settings.private else discord.ButtonStyle.secondary
        )


def _some(names: list[str]) -> str:
    """Names with commas between them; of many the first, and the number of the others."""
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])
