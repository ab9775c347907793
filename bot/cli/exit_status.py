"""The exit statuses of the command line."""

OK = 0
FAILED = 1
"""An error, told in one line on standard error."""
USAGE = 2
NOT_FOUND = 3
"""Asked, and not found in the articles."""
INTERRUPTED = 130
"""As shells count a process that Ctrl-C ended."""
