"""The buttons under an answer, and what is done when one is pressed."""
