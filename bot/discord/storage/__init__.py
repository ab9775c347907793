"""What the bot keeps between restarts, in one SQLite file."""
