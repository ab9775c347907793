"""Finds the passages of a collection of articles that answer a question."""
