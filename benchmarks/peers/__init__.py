"""Quoth beside other tools: a runner for each, and what measures and compares them."""
