"""Shows how far a request is, by editing the response to an interaction."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

import discord

from bot.discord.messages.replies import SENDING_ERRORS
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer import IndexRequest, IndexResult

_T = TypeVar("_T")

_EDIT_INTERVAL = 2.0  # seconds: Discord takes five edits in five seconds, for a whole channel


async def run_with_progress(
    interaction: discord.Interaction, article_service: ArticleService, request: IndexRequest
) -> IndexResult:
    """``ArticleService.run``, showing the progress in the response to a deferred interaction."""
    line = ProgressLine(lambda text: interaction.edit_original_response(content=text))
    return await line.until(article_service.run(request, line))


class ProgressLine:
    """Shows progress by editing one message, within Discord's rate limit."""

    def __init__(self, show: Callable[[str], Awaitable[object]]) -> None:
        self._show = show
        self._next = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._next = f"{stage}: {done:,} of {total:,}" if total else f"{stage} …"

    async def until(self, work: Coroutine[object, object, _T]) -> _T:
        """Show progress until a task is done, and return its result.

        A task that is done before the first edit is due shows nothing.
        """
        task = asyncio.ensure_future(work)
        shown = ""
        try:
            while not (await asyncio.wait({task}, timeout=_EDIT_INTERVAL))[0]:
                if self._next != shown:
                    shown = self._next
                    with suppress(*SENDING_ERRORS):  # the work matters
                        await self._show(shown)
            return task.result()
        finally:
            task.cancel()
