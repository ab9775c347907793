"""The report of ``quoth eval``: tables for the terminal, one JSON object, a plot."""
