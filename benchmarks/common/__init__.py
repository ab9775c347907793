"""What the benchmarks and ``training`` share.

data         where the data is from, and how it is read
collections  articles with their questions, and libraries of them
synthetic    articles and vectors for libraries of any size
process      a command, its time and memory
parallel     work spread over the cores
"""
