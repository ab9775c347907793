"""Files and folders into articles on a server; any number of indexers at once share the work."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from retrieval.ingest.folder_sync import FolderSync, Pace
from retrieval.library.location import MilvusLocation
from retrieval.library.milvus.batches import MilvusBatches, committing
from retrieval.library.milvus.collections import make_library
from retrieval.library.milvus.files import Known, read_again
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import article_key
from retrieval.library.milvus.schema import STRONG, open_library
from retrieval.library.milvus.server import Server
from retrieval.library.milvus.writer import MilvusWriter
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Encoder


def index(
    paths: Sequence[Path], place: MilvusLocation, encoder: Encoder, reporter: Reporter, pace: Pace
) -> Summary:
    """Make a library agree with files and folders; see ``retrieval.ingest.index.index``.

    Raises:
        LibraryError: the library cannot be written; what was acknowledged until then is kept.
    """
    with closing(Server(place)) as server:
        library = MilvusReader(server, make_library(server, encoder.identity, encoder.dimension))
        with committing(library, encoder, reporter) as commits:
            mirror = FolderSync(Known(library), commits, reporter, pace)
            for path in paths:
                mirror.mirror(path)
        return mirror.summary


def remove_article(place: MilvusLocation, article_id: str) -> bool:
    """Remove an article; False where there is none of that id.

    Raises:
        LibraryError: there is no library, or it cannot be written.
    """
    with closing(Server(place)) as server:
        library = MilvusReader(server, open_library(server))
        head = library.heads([article_key(article_id)], STRONG).get(article_key(article_id))
        if head is None or head.id != article_id:
            return False
        with closing(MilvusBatches(library, None, Reporter())) as commits:
            commits.remove([article_id], head.file)
            commits.finish()
        read_again(library, MilvusWriter(library), head.file)
        return True
