"""The Discord bot: answers questions with quotes, and lets servers add articles.

A question's way through it:

1. ``client`` gets an event from Discord: a command, a message, a click, a submitted form.
2. ``asking`` looks up the policy for the channel and the user, checks the rate limits, queues the
   question, and has the engine answer it in the one worker thread.
3. ``storage`` stores the question, so that the buttons under the answer find it again.
4. ``messages`` writes the answer: everything escaped, with buttons, in one message.
5. ``buttons`` responds when one of them is clicked, also years later.

An uploaded article's way: ``uploads`` reads it in a process of its own, ``storage`` stores it, and
``uploads`` syncs the library with what is stored.

The packages are layers. Each imports from those below it alone; a ``|`` is between packages that do
not import each other:

    run                     logs in, stays connected, stops at a signal
    client                  commands and events
    uploads | buttons       ``/articles``; what a click does
    managing | asking       ``/quoth setup``; ``/ask``, mentions, limits
    messages                texts, buttons, replies
    storage | operations    SQLite; logs, metrics, permissions
    errors                  errors that users are told of

A *server* is what the API calls a guild. Names of tables, columns, custom ids, log fields and
metrics are contracts: data made by older versions, and dashboards, rely on them.
"""
