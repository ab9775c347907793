"""Discord's limits on messages and choices."""

MESSAGE_LIMIT = 2000
"""Characters of a message, as ``length`` counts them."""

MAX_CHOICES, MAX_CHOICE_LENGTH = 25, 100
"""Options of a select menu or an autocompletion, and the characters of one."""


def length(message: str) -> int:
    """The length of a message for Discord, at most."""
    # In UTF-16, where an emoji counts as two: whichever way Discord counts, it is not more.
    return len(message.encode("utf-16-le")) // 2
