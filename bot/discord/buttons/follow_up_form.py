"""The modal for a follow-up question, and the answer to it."""

from typing import Any, TypeAlias, cast

import discord
from discord import ui

from bot.discord.asking.answer_reply import answer_reply
from bot.discord.asking.answer_service import AnswerService, QuestionOrigin
from bot.discord.asking.conversations import conversation_in
from bot.discord.asking.refusals import is_refused
from bot.discord.messages.replies import edit_reply, log_unsent, status_editor
from bot.discord.operations import traces
from bot.discord.storage.server_settings import AnswerPolicy
from retrieval.answering.question import MAX_QUESTION

_CUSTOM_ID = "quoth:asking:"

_Interaction: TypeAlias = discord.Interaction[Any]


class FollowUpForm(ui.Modal, title="Ask a follow-up"):
    """Asks for a question. Its submission is handled by custom id: see ``submitted_follow_up``."""

    def __init__(self, key: str) -> None:
        # Discord tells nobody that a modal was closed: after that time it is forgotten.
        super().__init__(custom_id=f"{_CUSTOM_ID}{key}", timeout=900)
        text: ui.TextInput[FollowUpForm] = ui.TextInput(
            custom_id="question", style=discord.TextStyle.paragraph, max_length=MAX_QUESTION
        )
        self.add_item(ui.Label(text="What else do you want to know?", component=text))


def submitted_follow_up(interaction: _Interaction) -> tuple[str, str] | None:
    """The question in a submitted form, and the key of the question before; None if it is no such.

    It reads the interaction's data, and so works for a form that was opened before a restart.
    """
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    data = cast(dict[str, Any], interaction.data or {})
    custom_id = str(data.get("custom_id", ""))
    if not custom_id.startswith(_CUSTOM_ID):
        return None
    for part in data.get("components", []):
        field = part.get("component", {})
        if field.get("custom_id") == "question":
            return str(field.get("value", "")).strip(), custom_id.removeprefix(_CUSTOM_ID)
    return None


async def answer_follow_up(
    service: AnswerService, policy: AnswerPolicy, interaction: _Interaction, question: str, key: str
) -> None:
    """Answer a submitted form, publicly or privately as the answer that it was opened from."""
    with service.throttle.trace("follow-up", question), log_unsent(interaction.channel_id):
        if await is_refused(service.throttle, policy, interaction):
            return
        under = interaction.message
        private = under is not None and under.flags.ephemeral
        await interaction.response.defer(ephemeral=private or policy.private, thinking=True)
        traces.mark("deferred")
        user = interaction.user.id
        reply = await answer_reply(
            service,
            question,
            QuestionOrigin(interaction.guild_id, follows=key),
            policy,
            conversation=None if private else conversation_in(interaction.channel, user),
            show_question=True,
            show_status=status_editor(interaction),
        )
        await edit_reply(interaction, reply)
