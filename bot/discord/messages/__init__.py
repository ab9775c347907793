"""What the bot says: answers, quotations and errors as Discord messages, everything escaped."""
