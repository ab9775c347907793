"""Repairs what a check of a library on a server found; others may be at work on it meanwhile."""

from collections.abc import Collection, Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path

from retrieval.library.milvus.batches import MilvusBatches
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
    """Check a library, repair what can be repaired, and check it again.

    Raises:
        LibraryError: there is none, another encoder or version made it, or the server cannot be
            asked.
    """
    with closing(Server(place)) as server:
        opened = open_library(server)
        check_encoder(server, opened, encoder.identity)
        library = MilvusReader(server, opened)
        # What dead indexers left is put right by this, too.
        with closing(_RepairBatches(library, encoder, reporter)) as batches:
            before = verify(place, reporter)
            batches.redo(before.to_split - before.damaged)
            lost = batches.take_out(before.damaged)
            batches.finish()
        return Repaired(before, lost, verify(place, reporter))


class _RepairBatches(MilvusBatches):
    def redo(self, keys: Iterable[int]) -> None:
        """Make the passages of articles anew; those of no article go."""
        rest = iter(sorted(keys))
        while chunk := {*islice(rest, _AT_ONCE)}:
            mine = self._claim(chunk)
            heads = self._library.heads(mine, STRONG)
            articles = self._library.articles(heads, STRONG)
            for key in articles:  # if this is killed now, the next index brings them
                self._writer.read_again(heads[key].file)
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
                self._writer.read_again(head.file)
                self.remove([head.id], head.file)
            lost.append(LostArticle(head.id, head.file, there))
        self.commit()
        return lost
