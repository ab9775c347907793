"""The Discord bot: load, memory, and pictures of what it shows."""
