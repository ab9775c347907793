"""The modal of ``/articles add``, and the report of what was added."""

import logging
from collections.abc import Sequence
from typing import Literal

import discord

from bot.discord.managing.base import ManagerForm
from bot.discord.messages.error_messages import error_message
from bot.discord.messages.escape import escape, escaped_title, one_line
from bot.discord.messages.limits import MESSAGE_LIMIT, length
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.file_reader import file_problem, safe_file_name
from bot.discord.uploads.indexer import IndexRequest, IndexResult
from bot.discord.uploads.progress import run_with_progress
from bot.wording import counted
from retrieval.documents.formats.files import SUFFIXES

_log = logging.getLogger(__name__)

_NOT_YET = (
    "Kept, and not in the library yet, which is tried every minute: until then the old words, if"
    " any, are quoted."
)
_FILES = 5  # at once
_TITLE = 80  # characters of a title in a line
_MORE = " …"
_TITLES = 3  # named in a line


class AddForm(ManagerForm, title="Add articles"):
    """A modal with a file upload and a text input for the URL of a page."""

    files = discord.ui.Label[discord.ui.View](
        text="Files",
        description=f"{' '.join(SUFFIXES)}, of 10 MB at most",
        component=discord.ui.FileUpload(custom_id="files", required=False, max_values=_FILES),
    )
    address = discord.ui.Label[discord.ui.View](
        text="Or a web page",
        description="Its address; its article is taken, the menus are not",
        component=discord.ui.TextInput(
            custom_id="address", required=False, max_length=2000, placeholder="https://…"
        ),
    )

    def __init__(self, article_service: ArticleService) -> None:
        super().__init__(timeout=14 * 60)
        self._article_service = article_service

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        uploaded, address = self.files.component, self.address.component
        files = uploaded.values if isinstance(uploaded, discord.ui.FileUpload) else []
        page = address.value.strip() if isinstance(address, discord.ui.TextInput) else ""
        lines = [await self._add_file(interaction, file) for file in files]
        if page:
            lines.append(await self._add(interaction, "page", page, b""))
        text = "\n".join(lines) or "Nothing to add: upload a file, or name the address of a page."
        if length(text) > MESSAGE_LIMIT:  # each line says what was done, so none is left out
            text = "\n".join(_shortened(each, len(lines)) for each in lines)
        await interaction.edit_original_response(content=text)

    async def _add_file(self, interaction: discord.Interaction, file: discord.Attachment) -> str:
        name = safe_file_name(file.filename)
        if problem := file_problem(name, file.size):
            return escape(problem)
        try:
            data = await file.read()
        except discord.HTTPException:
            return f"{escaped_title(name, 100)}: Discord no longer has it; upload it again"
        return await self._add(interaction, "file", name, data)

    async def _add(
        self,
        interaction: discord.Interaction,
        action: Literal["file", "page"],
        name: str,
        data: bytes,
    ) -> str:
        request = IndexRequest(action, interaction.guild_id or 0, interaction.user.id, name, data)
        try:
            result = await run_with_progress(interaction, self._article_service, request)
        except Exception as error:
            return error_message(error)
        if result.deferred:
            _log.warning("what was added waits to be indexed: %s", one_line(result.deferred, 300))
        return _report(result)


def _shortened(line: str, lines: int) -> str:
    """A line cut to its share of ``MESSAGE_LIMIT``, with its bold marks closed."""
    if length(line) <= (room := MESSAGE_LIMIT // lines - 1):
        return line
    # A backslash at the end would escape what follows.
    kept = line[: room // 2 - len(_MORE)].rstrip("\\").rpartition(" ")[0]
    return f"{kept}{_MORE}{'**' if kept.count('**') % 2 else ''}"


def _report(result: IndexResult) -> str:
    done = result.added
    parts = []
    if done.added:
        parts.append(f"Added {_titles(done.added)}.")
    if done.updated:
        before = f", which took the place of {_titles(done.replaced)}" if done.replaced else ""
        parts.append(f"Updated {_titles(done.updated)}{before}.")
    if done.unchanged:
        parts.append(
            f"{_titles(done.unchanged)} is already here."
            if len(done.unchanged) == 1
            else f"{counted(len(done.unchanged), 'article')} are already here."
        )
    if result.problems:
        parts.append("Left out: " + "; ".join(map(escape, result.problems)))
    if result.deferred:
        parts.insert(0, _NOT_YET)
    return " ".join(parts)


def _titles(titles: Sequence[str]) -> str:
    """The titles in bold, or their number where they are many."""
    if len(titles) > _TITLES:
        return counted(len(titles), "article")
    return ", ".join(f"**{escaped_title(each, _TITLE)}**" for each in titles)
