"""The commands, one module each, named as the command; a group's module holds its commands.

A module holds the click command with its options and typed parameters. What is slow to import
(models, the library, rich, sqlite3) is imported inside the functions: ``quoth ask --help`` needs
none of it, and ``quoth ask`` imports the rest while its models load.
"""
