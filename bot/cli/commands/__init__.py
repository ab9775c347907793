"""The commands, one module each, named as the command; a group's module holds its commands.

A module holds the click command with its options. ``bot.cli.main`` imports all of them at each
start, so what is slow to import (models, the library, rich, sqlite3) is imported inside the
functions: ``quoth --help`` needs none of it, and ``quoth ask`` loads its models meanwhile.
"""
