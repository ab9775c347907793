"""Brings feeds and web pages into the library.

    addresses   which addresses may be fetched, and the one form that a page is known by
    fetching    one polite fetch, limited in size, time and redirects
    trouble     what can go wrong with a fetch, in words
    unpacking   what was sent packed, within its limit
    charset     bytes to characters
    feeds       a feed's items
    pages       a page's article
    keeping     an article into the library, once, and what is known of its item
    saving      commits, without holding the library while the network is waited for
    following   which feeds a library follows
    syncing     feeds into the library
    page_indexing  single pages into the library

Nothing here is imported by the rest of ``retrieval``.
"""
