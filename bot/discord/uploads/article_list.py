"""The paginated list of ``/articles list``: a message with two buttons."""

import discord

from bot.discord.managing.base import ManagerView
from bot.discord.messages.escape import escaped_title
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.listing import ArticlePage, ServerArticle
from bot.wording import counted

PAGE_SIZE = 10
"""Articles per page: with their titles, all of them fit into a message."""

_TITLE = 60  # characters of a title, escaped at most twice as many: ten lines and the first fit


class ArticleListView(ManagerView):
    """One page of the titles that contain ``search``, read when it is shown, and two buttons."""

    def __init__(self, article_service: ArticleService, server: int, search: str = "") -> None:
        super().__init__()
        self._article_service = article_service
        self._server = server
        self._search = search
        self._page = 0
        self._pages = 1

    async def text(self) -> str:
        """Read the current page, and write it; raises what ``ArticleService.page`` does."""
        found = await self._read()
        self._pages = max(1, -(-found.total // PAGE_SIZE))
        if self._page >= self._pages:  # some were removed meanwhile, or it was clicked twice
            self._page = self._pages - 1
            found = await self._read()
        self.back.disabled = self._page == 0
        self.next.disabled = self._page == self._pages - 1
        about = f" with “{escaped_title(self._search, _TITLE)}”" if self._search else ""
        if not found.total:
            return f"No articles{about}."
        lines = [f"{counted(found.total, 'article')}{about}, {found.own:,} of this server"]
        if self._pages > 1:
            lines[0] += f" · page {self._page + 1:,} of {self._pages:,}"
        return "\n".join([*lines, *map(_line, found.rows)])

    async def _read(self) -> ArticlePage:
        return await self._article_service.page(
            self._server, self._search, self._page * PAGE_SIZE, PAGE_SIZE
        )

    @property
    def has_pages(self) -> bool:
        return self._pages > 1

    @discord.ui.button(label="Back")
    async def back(
        self, interaction: discord.Interaction, button: discord.ui.Button["ArticleListView"]
    ) -> None:
        await self._show(interaction, -1)

    @discord.ui.button(label="Next")
    async def next(
        self, interaction: discord.Interaction, button: discord.ui.Button["ArticleListView"]
    ) -> None:
        await self._show(interaction, 1)

    async def _show(self, interaction: discord.Interaction, by: int) -> None:
        await interaction.response.defer()
        self._page = max(self._page + by, 0)
        await interaction.edit_original_response(content=await self.text(), view=self)


def _line(article: ServerArticle) -> str:
    whose = "**ours** · " if article.own else ""
    pending = " · waits to be indexed" if article.pending else ""
    return f"- {whose}{escaped_title(article.title, _TITLE)} · {article.date or 'no date'}{pending}"
