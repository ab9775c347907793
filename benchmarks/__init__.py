"""Scripts that measure Quoth and print what they measured beside what it is compared with.

    README.md  every script: what it measures, on which data, and the table that it makes
    quality/   are the right passages found and quoted?
    speed/     latency, throughput, memory
    scale/     what grows with the library
    discord/   the bot under load
    peers/     Quoth beside LangChain, LlamaIndex, Haystack and txtai
    common/    what these and ``training`` share

They may import everything but tests, and of those ``tests.support``.
"""
