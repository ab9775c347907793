"""Time, memory, recall and disk as a function of the number of passages."""
