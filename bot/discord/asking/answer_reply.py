"""Makes of a question what the person is shown, whichever way it was asked."""

from collections.abc import Awaitable, Callable

from bot.discord.asking.answer_service import Asker, Desk
from bot.discord.asking.conversations import Talk
from bot.discord.messages import components
from bot.discord.messages.answer_message import format_answer
from bot.discord.messages.error_messages import reason
from bot.discord.messages.replies import Reply
from bot.discord.operations import traces
from bot.discord.storage.server_settings import Terms
from retrieval.library.filter import Filter

_NO_BUTTONS = "-# There are no buttons here; ask by `/ask` in the server to have them."


async def answer(
    desk: Desk,
    question: str,
    asker: Asker,
    terms: Terms,
    within: Filter | None = None,
    *,
    talk: Talk | None = None,
    show_question: bool = False,
    about: str | None = None,
    elsewhere: bool = False,
    tell: Callable[[str], Awaitable[object]],
) -> Reply:
    """What the person is shown: the answer, or the reason why there is none.

    Args:
        desk: answers it.
        question: as a person typed it.
        asker: where it is from.
        terms: on which it is answered.
        within: which articles, where it is fewer than the terms allow.
        talk: the conversation that goes on from this answer, if one does by itself.
        show_question: begin with the question, for where the channel does not show it.
        about: the address of the message that was looked up.
        elsewhere: it is shown where it was not asked, on other terms: without buttons, then.
        tell: shows the person that it takes long.
    """
    try:
        asked = await desk.ask(
            question,
            within=within or terms.within,
            min_confidence=terms.min_confidence,
            asker=asker,
            tell=tell,
        )
        traces.mark("answered")
        if trace := traces.current():
            trace.note(asked.answer)
        if talk and asked.key:
            desk.talks.goes_on(talk, asked.key)
        page = format_answer(
            asked.answer, show_question=show_question, about=about, note=_NO_BUTTONS * elsewhere
        )
        if elsewhere:
            return Reply(page.text)
        view = components.under_answer(asked.answer, asked.key, page.shown, quoted=asker.quoted)
        return Reply(page.text, view)
    except Exception as error:
        return Reply(reason(error))
