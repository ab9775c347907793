"""For members with Manage Server: ``/quoth setup``, and what ``/articles`` shares with it.

    base            commands, views and modals that check the permission
    setup_command   the panel with a server's settings
    scope_form      the modal for the sources and days that a channel may see
    threshold_form  the modal for the confidence threshold

It imports ``messages``, ``storage`` and ``operations``.
"""
