"""What the bot sends: text, components, and how they are delivered.

    answer_message   an answer as the text of a message
    quotation        a quote and its citation
    expanded_quotes  what *More* and *Context* show
    answer_buttons   the persistent buttons under an answer, which work after a restart
    escape           Markdown, mentions and links in untrusted text
    limits           Discord's limits on lengths and choices
    error_messages   what a user is told of an error
    replies          replies, direct messages, status lines; what happens when Discord rejects one

It imports ``storage``, ``operations`` and ``errors``.
"""
