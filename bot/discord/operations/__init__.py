"""Running the bot: logs, traces, metrics, permissions."""
