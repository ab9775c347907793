"""Builds a library anew beside the old one, from the articles that it holds, and swaps.

For another encoder, or another form of the passages. The old edition answers until the new one
is whole, and its files stay for those who have it open, until the next rebuild.
"""

from contextlib import closing
from pathlib import Path

from retrieval.encoding.encoder import Encoder
from retrieval.indexing import Reporter, bring_up_to_date
from retrieval.library import Library, LibraryWriter

_BATCH = 500  # articles committed at once


def rebuild(library: Path, encoder: Encoder, reporter: Reporter) -> int:
    """Build the library anew.

    Args:
        library: its folder.
        encoder: whose vectors the new edition holds.
        reporter: hears of progress.

    Returns:
        How many articles it holds.

    Raises:
        LibraryError: it cannot be read or written; the old edition is as it was.
    """
    Library(library).close()  # where there is none, this says so before anything is made
    # Only who holds the lock knows which edition stays the current one; one opened before could
    # lack what another process wrote in the meantime.
    with (
        LibraryWriter(library, afresh=True) as writer,
        closing(Library(library)) as old,
        old.snapshot(),
    ):
        writer.claim(encoder.identity)
        numbers = old.article_numbers()
        for start in range(0, len(numbers), _BATCH):
            chunk = numbers[start : start + _BATCH]
            files = old.article_files(chunk)
            with writer.commit() as change:
                for number, article in old.articles_by_number(chunk).items():
                    change.put(article, files[number])
            reporter.progress("Copying", start + len(chunk), len(numbers))
        with writer.commit() as change:
            for path, record in old.files():
                change.record_file(path, record)
        bring_up_to_date(writer, encoder, reporter)
        writer.publish()
    return len(numbers)
