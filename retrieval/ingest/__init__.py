"""Brings articles into a library, and keeps it in step with where they are from.

    index        one run over files and folders
    folder_sync  what is new, changed or gone under a path
    watch        runs for as long as the process stays
    file_events  hears of changes from the file system
    dry_run      what a run would do
    web/         feeds and pages

It imports ``library``, ``models`` and ``documents``.
"""
