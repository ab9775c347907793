"""From a question to the reply, however it was asked."""

from collections.abc import Awaitable, Callable

from bot.discord.asking.answer_service import AnswerService, QuestionOrigin
from bot.discord.asking.conversations import ConversationId
from bot.discord.messages.answer_buttons import answer_buttons
from bot.discord.messages.answer_message import format_answer
from bot.discord.messages.error_messages import error_message
from bot.discord.messages.replies import Reply
from bot.discord.operations import traces
from bot.discord.storage.server_settings import AnswerPolicy
from retrieval.library.filter import Filter

_NO_BUTTONS = "-# There are no buttons here; ask by `/ask` in the server to have them."


async def answer_reply(
    service: AnswerService,
    question: str,
    origin: QuestionOrigin,
    policy: AnswerPolicy,
    within: Filter | None = None,
    *,
    conversation: ConversationId | None = None,
    show_question: bool = False,
    message_url: str | None = None,
    other_channel: bool = False,
    show_status: Callable[[str], Awaitable[object]],
) -> Reply:
    """The answer as a reply, or the reason why there is none; raises nothing.

    Args:
        question: as the user typed it.
        within: which articles, where they are fewer than the policy allows.
        conversation: the one that continues from this answer, if any.
        show_question: begin with the question, for where the channel does not show it.
        message_url: of the message that was looked up.
        other_channel: the reply goes to another channel than the question's, where other policies
            hold: it gets no buttons.
    """
    try:
        keyed = await service.ask(
            question,
            within=within or policy.within,
            min_confidence=policy.min_confidence,
            origin=origin,
            show_status=show_status,
        )
        traces.mark("answered")
        if trace := traces.current():
            trace.record_answer(keyed.answer)
        if conversation and keyed.key:
            service.conversations.continue_from(conversation, keyed.key)
        message = format_answer(
            keyed.answer,
            show_question=show_question,
            message_url=message_url,
            note=_NO_BUTTONS * other_channel,
        )
        if other_channel:
            return Reply(message.text)
        view = answer_buttons(keyed.answer, keyed.key, message.shown, quoted=origin.quoted)
        return Reply(message.text, view)
    except Exception as error:
        return Reply(error_message(error))
