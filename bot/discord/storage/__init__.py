"""The bot's SQLite database, and what is in it.

    database         the file, its transactions and its locks
    schema           the tables
    questions        questions with the locations of their quotes
    votes            votes on answers, and labelled questions made of them
    unanswered       questions that the articles don't answer
    server_settings  a server's settings, and the policy that follows from them
    ownership        which articles are a server's own, and the filter that hides those of others
    uploads          the articles that servers uploaded
    audit_log        who changed what in a server

It imports ``errors`` alone.
"""
