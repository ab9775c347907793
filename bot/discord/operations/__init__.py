"""What whoever runs the bot looks at.

    traces       one trace per question: reference, outcome, timings
    logs         text or JSON, with secrets redacted
    metrics      Prometheus metrics and a health check
    permissions  what the bot asks a server for, and a member's Manage Server

It imports nothing else of the bot.
"""
