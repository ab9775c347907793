"""The tools that ``benchmarks.peers.comparison`` compares: a runner each, and what weighs them."""
