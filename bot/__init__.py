"""Talks to people: the command line and the Discord bot.

settings       every setting, read from the environment and ``.env``
cli/           the command line
discord/       the bot
dates          dates as people type them
wording        words that both say
terminal_text  text made safe for terminals and logs
priority       the process's nice value
"""
