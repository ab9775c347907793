"""What the benchmarks and the training share: data, libraries of it, processes."""
