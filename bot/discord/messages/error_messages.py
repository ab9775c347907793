"""Why there is no answer, as a line for the person who asked."""

import logging
import traceback

from bot.discord.errors import RESTARTING, BusyError, RestartingError, UploadError
from bot.discord.messages.answer_message import format_reason
from bot.discord.operations import traces
from retrieval.errors import NeedsFolderError, QuestionError, QuothError

_log = logging.getLogger(__name__)

NOT_HERE = "That cannot be done where this bot keeps its articles; whoever runs it can tell more."


def reason(error: Exception) -> str:
    """The line that a person is shown for an error; what they cannot act on is logged.

    Args:
        error: what ``Desk`` raised.
    """
    if isinstance(error, RestartingError):
        traces.became("restarting")
        return RESTARTING
    if isinstance(error, QuestionError):
        traces.became("told to wait" if isinstance(error, BusyError) else "reason")
        return format_reason(str(error))
    if isinstance(error, UploadError):
        return format_reason(str(error))
    if isinstance(error, NeedsFolderError):
        traces.became("reason")
        _log.warning("refused: %s", error)
        return NOT_HERE
    traces.became("failed")
    reference = traces.number()
    if isinstance(error, QuothError):
        # Its line is for whoever runs the bot: it names folders and commands of this machine.
        line = " ".join(str(error).split())
        _log.error("a question could not be answered (reference %s): %s", reference, line)
        return f"The articles cannot be read just now (reference {reference})."
    _log.error("a question failed (reference %s)\n%s", reference, _frames(error))
    return f"Something went wrong (reference {reference})."


def _frames(error: BaseException) -> str:
    """Where an error came from, without its message, which may quote the question."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = _frames(cause) + "then\n" if cause is not None else ""
    return (
        f"{before}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__qualname__}\n"
    )
