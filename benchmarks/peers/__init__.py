"""The tools that ``benchmarks.peers.compare`` compares: a runner each, and what weighs them."""
