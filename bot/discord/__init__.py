"""The Discord bot: asks the library for those who ask it, and sends them what it says."""
