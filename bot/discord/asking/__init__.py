"""From a question to a reply: the ways to ask, who may ask when, and the worker thread.

    ask_command     ``/ask``, its autocompletion, and *Find the source*
    mentions        questions in messages: mentions, replies, direct messages
    refusals        who may ask where; a refusal, also over a rate limit, is told to them alone
    answer_reply    a question in, a reply out; all ways to ask go through it
    answer_service  the worker thread that asks the engine
    engine          the engine's protocol, and the history of a follow-up question
    conversations   which answer a message in a thread continues from
    throttle        the rate limiter and the queue, shared by all connections
    rate_limits     how often a user and a server may ask
    question_queue  first in, first out; a status for who waits

It imports ``messages``, ``storage``, ``operations`` and ``errors``.
"""
