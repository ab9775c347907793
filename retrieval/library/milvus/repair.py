"""Mends what a check of a library on a server found; others may be at work on it meanwhile."""

from collections.abc import Collection, Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path

from retrieval.library.milvus.batches import MilvusBatches
from retrieval.library.milvus.files import read_again
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.schema import STRONG, check_encoder, open_library
from retrieval.library.milvus.server import Server
from retrieval.library.milvus.verify import verify
from retrieval.library.progress import Reporter
from retrieval.library.report import LostArticle, Repaired
from retrieval.models.encoder.base import Encoder

_AT_ONCE = 50  # articles that are away while their passages are made anew


def repair(place: MilvusLocation, encoder: Encoder, reporter: Reporter) -> Repaired:
    """Check a library, mend what can be mended, and check it again; see ``verifying.repair``.

    Raises:
        LibraryError: there is none, another encoder or version made it, or the server cannot be
            asked.
    """
    with closing(Server(place)) as server:
        opened = open_library(server)
        check_encoder(server, opened, encoder.identity)
        library = MilvusReader(server, opened)
        # What dead indexers left is put right by this, too.
        with closing(_Mending(library, encoder, reporter)) as mending:
            before = verify(place, reporter)
            mending.redo(before.to_split - before.damaged)
            lost = mending.take_out(before.damaged)
            mending.finish()
        return Repaired(before, lost, verify(place, reporter))


class _Mending(MilvusBatches):
    def redo(self, keys: Iterable[int]) -> None:
        """Make the passages of articles anew; those of no article go."""
        rest = iter(sorted(keys))
        while chunk := {*islice(rest, _AT_ONCE)}:
            mine = self._claim(chunk)
            heads = self._library.heads(mine, STRONG)
            articles = self._library.articles(heads, STRONG)
            for key in articles:  # if this is killed now, the next index brings them
                read_again(self._library, self._writer, heads[key].file)
            self._writer.remove(articles)
            self._to_sweep |= mine
            self._sweep()
            for key, (_, article) in articles.items():
                self.put(article, heads[key].file)
            self.commit()

    def take_out(self, keys: Collection[int]) -> list[LostArticle]:
        """Remove articles whose text cannot be trusted, where their files can be read again."""
        lost = []
        for head in self._library.heads(keys, STRONG).values():
            there = Path(head.file).exists()
            if there:
                read_again(self._library, self._writer, head.file)
                self.remove([head.id], head.file)
            lost.append(LostArticle(head.id, head.file, there))
        self.commit()
        return lost
