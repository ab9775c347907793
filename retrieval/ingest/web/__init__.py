"""Brings feeds and web pages into the library.

    addresses      which addresses may be fetched, and the one form that a page is known by
    fetcher        one polite fetch, limited in size, time and redirects
    fetch_errors   what can go wrong with it, in words
    decompression  what was sent compressed, within its limit
    charset        bytes to characters
    feed_parser    a feed's items
    page_parser    a page's article
    page_storage   an article into the library, once, and what is known of its item
    saver          commits, without holding the library while the network is waited for
    subscriptions  which feeds a library follows
    feed_sync      feeds into the library
    page_index     single pages into the library

Nothing here is imported by the rest of ``retrieval``.
"""
