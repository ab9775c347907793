"""The Discord bot: what it hears, what it answers, and what it keeps."""
