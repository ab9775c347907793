"""``/articles``: articles that a server uploads, lists and removes.

    articles_command  the commands
    add_form          the modal of ``/articles add``
    article_list      the paginated list
    undo_button       the button that undoes a removal
    progress          how far a request is
    article_service   lists, requests and removals, for the above
    listing           what there is, read from the library and the database
    indexer_process   runs the indexer in a subprocess
    indexer           reads a file or a page, stores its articles, syncs the library
    file_reader       an uploaded file as articles

It imports ``managing``, ``messages``, ``storage``, ``operations`` and ``errors``.
"""
