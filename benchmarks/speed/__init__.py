"""Latency, throughput and memory, beside what does the same work."""
