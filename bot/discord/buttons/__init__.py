"""What a click on a button under an answer does.

    handlers        one method per button: more, context, vote, follow-up, as typed
    follow_up_form  the modal for a follow-up question, and the answer to it

The buttons themselves are in ``messages.answer_buttons``. It imports ``asking``, ``messages``,
``storage`` and ``operations``.
"""
