"""A list of articles in pages, as a message with two buttons."""

import discord

from bot.discord.archive import Listed
from bot.discord.inert import escaped_title
from bot.discord.managing import ManagersView
from bot.wording import counted

PAGE = 10
"""Articles on a page: with their titles, all of them fit into a message."""

_TITLE = 60  # characters of a title, escaped at most twice as many: ten lines and the first fit


class ArticleList(ManagersView):
    """The pages, and the buttons that turn them.

    Args:
        articles: all that are listed.
        search: what was searched for, or nothing.
    """

    def __init__(self, articles: list[Listed], search: str = "") -> None:
        super().__init__()
        self._articles = articles
        self._search = search
        self._page = 0
        self._pages = max(1, -(-len(articles) // PAGE))
        if self._pages == 1:
            self.clear_items()
        self._update()

    def text(self) -> str:
        """The page that is shown."""
        about = f" with “{escaped_title(self._search, _TITLE)}”" if self._search else ""
        own = sum(each.own for each in self._articles)
        if not self._articles:
            return f"No articles{about}."
        lines = [f"{counted(len(self._articles), 'article')}{about}, {own:,} of this server"]
        if self._pages > 1:
            lines[0] += f" · page {self._page + 1:,} of {self._pages:,}"
        first = self._page * PAGE
        lines += [_line(each) for each in self._articles[first : first + PAGE]]
        return "\n".join(lines)

    @discord.ui.button(label="Back")
    async def back(
        self, interaction: discord.Interaction, button: discord.ui.Button["ArticleList"]
    ) -> None:
        """Turn a page back."""
        await self._turn(interaction, -1)

    @discord.ui.button(label="Next")
    async def next(
        self, interaction: discord.Interaction, button: discord.ui.Button["ArticleList"]
    ) -> None:
        """Turn to the next page."""
        await self._turn(interaction, 1)

    async def _turn(self, interaction: discord.Interaction, by: int) -> None:
        # Two quick clicks may be one too many.
        self._page = min(max(self._page + by, 0), self._pages - 1)
        self._update()
        await interaction.response.edit_message(content=self.text(), view=self)

    def _update(self) -> None:
        self.back.disabled = self._page == 0
        self.next.disabled = self._page == self._pages - 1


def _line(article: Listed) -> str:
    whose = "**ours** · " if article.own else ""
    waiting = " · waits to be indexed" if article.waiting else ""
    return f"- {whose}{escaped_title(article.title, _TITLE)} · {article.date or 'no date'}{waiting}"
