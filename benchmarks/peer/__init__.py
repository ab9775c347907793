"""The tools that ``benchmarks.peers`` compares: a runner each, and what runs and weighs them."""
