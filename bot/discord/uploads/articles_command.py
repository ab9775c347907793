"""``/articles``: members with Manage Server add, list and remove the server's articles."""

import logging

import discord
from discord import app_commands

from bot.discord.managing.base import ManagerGroup
from bot.discord.messages.escape import escaped_title, one_line
from bot.discord.messages.limits import MAX_CHOICE_LENGTH, MAX_CHOICES, MESSAGE_LIMIT, length
from bot.discord.messages.replies import log_unsent
from bot.discord.operations.permissions import manages
from bot.discord.storage import audit_log
from bot.discord.uploads.add_form import AddForm
from bot.discord.uploads.article_list import ArticleListView
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer import IndexRequest
from bot.discord.uploads.listing import ServerArticle
from bot.discord.uploads.progress import run_with_progress
from bot.discord.uploads.undo_button import UndoRemovalButton
from bot.wording import counted
from retrieval.errors import QuothError

_log = logging.getLogger(__name__)

_TITLE = 80  # characters of a title in a line
_ENTRIES = 15  # of the log
_SHARED = "What is the archive's, only who runs the bot can remove."
_STILL_QUOTED = "Until the library is in step, which is tried every minute, it may still be quoted."


class ArticlesCommand(ManagerGroup):
    """The command group."""

    def __init__(self, article_service: ArticleService) -> None:
        super().__init__("articles", "Look after the articles that this server may ask about.")
        self._article_service = article_service

    @app_commands.command(description="Add articles: upload files, or name a web page.")
    async def add(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(AddForm(self._article_service))

    @app_commands.command(name="list", description="List this server's articles and the archive's.")
    @app_commands.describe(search="Only titles with these words")
    async def list_articles(
        self, interaction: discord.Interaction, search: app_commands.Range[str, 1, 100] = ""
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        pages = ArticleListView(self._article_service, interaction.guild_id or 0, search)
        text = await pages.text()
        view = pages if pages.has_pages else discord.utils.MISSING
        await interaction.followup.send(text, view=view, ephemeral=True)

    @app_commands.command(description="Remove one of this server's articles.")
    @app_commands.describe(article="Its title; choose it from the list")
    async def remove(
        self, interaction: discord.Interaction, article: app_commands.Range[str, 1, 200]
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        server = interaction.guild_id or 0
        chosen = _named(await self._article_service.own_articles(server), article)
        if chosen is None:
            line = f"This server added no article named **{escaped_title(article, _TITLE)}**."
            await interaction.followup.send(f"{line} {_SHARED}", ephemeral=True)
            return
        title = escaped_title(chosen.title, _TITLE)
        removed = await self._article_service.remove(server, interaction.user.id, chosen.id)
        if removed is None:
            await interaction.followup.send(f"**{title}** was removed already.", ephemeral=True)
            return
        view = discord.ui.View(timeout=None)
        view.add_item(UndoRemovalButton(chosen.key))
        line = f"Removed **{title}**."
        sent = await interaction.followup.send(
            f"{line} {_STILL_QUOTED}", view=view, ephemeral=True, wait=True
        )
        try:
            await self._article_service.sync()
        except QuothError as error:  # the line says so already
            _log.warning("what was removed is still there: %s", " ".join(str(error).split()))
            return
        with log_unsent(interaction.channel_id):
            await sent.edit(content=line)

    @remove.autocomplete("article")
    async def _own_articles(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        if not manages(interaction):
            return []
        found = await self._article_service.own_articles(interaction.guild_id or 0, typed)
        return [
            app_commands.Choice(name=one_line(each.title, MAX_CHOICE_LENGTH), value=each.key)
            for each in found[:MAX_CHOICES]
        ]

    @app_commands.command(description="Say how many articles there are, and what waits.")
    async def status(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        counts = await self._article_service.counts(interaction.guild_id or 0)
        lines = [
            f"**{counts.own:,}** of this server, which no other server sees",
            f"**{counts.shared:,}** of the archive",
        ]
        if counts.pending:
            lines.append(
                f"**{counts.pending:,}** of this server not indexed yet: `/articles reindex`"
            )
        if counts.pending_removal:
            lines.append(f"**{counts.pending_removal:,}** removed. {_STILL_QUOTED}")
        if counts.pending_passages:
            passages = counted(counts.pending_passages, "passage")
            lines.append(f"{passages} found by their words alone so far; the rest follows")
        await interaction.followup.send("\n".join(lines), ephemeral=True)

    @app_commands.command(description="Index this server's articles again.")
    async def reindex(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        request = IndexRequest("reindex", interaction.guild_id or 0, interaction.user.id)
        await interaction.edit_original_response(content="Indexing …")
        result = await run_with_progress(interaction, self._article_service, request)
        line = f"Done: {counted(result.in_library, 'article')} of this server can be asked about."
        await interaction.edit_original_response(content=line)

    @app_commands.command(description="Show who changed what in this server, and when.")
    async def log(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        entries = await self._article_service.log(interaction.guild_id or 0, _ENTRIES)
        await interaction.followup.send(_log_text(entries), ephemeral=True)


def _named(found: list[ServerArticle], wanted: str) -> ServerArticle | None:
    """The article that was chosen from the list, or whose title or id was typed."""
    typed = wanted.strip().casefold()
    for each in found:
        if wanted in (each.key, each.id):
            return each
    return next((each for each in found if each.title.casefold() == typed), None)


def _log_text(entries: list[audit_log.AuditEntry]) -> str:
    if not entries:
        return "Nothing was changed in this server yet."
    lines = ["The last changes, the newest first:"]
    for entry in entries:
        # Discord shows the time as the reader's own clock has it.
        who = "who runs the bot" if entry.user == audit_log.OPERATOR else f"<@{entry.user}>"
        lines.append(f"<t:{entry.at}:f> {who} {escaped_title(entry.action, _TITLE)}")
        if length("\n".join(lines)) > MESSAGE_LIMIT:
            lines.pop()
            break
    return "\n".join(lines)
