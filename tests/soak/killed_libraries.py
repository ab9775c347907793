"""Files that change at random, and a library of them, for ``tests.soak.kill_indexers``."""

import json
import random
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from retrieval.library.local import folder
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.schema import ENCODER_FACT
from tests.soak.killed_processes import PerIdentityEncoder

ENCODERS = ("scattered@1", "scattered@2")
"""By whose vectors a library may be made."""


class RandomCorpus:
    """Files with articles that change at random, and a library of them.

    Args:
        place: an empty folder.
        files: how many files.
        each: how many articles in each.
        seed: what the chances begin with.
    """

    def __init__(self, place: Path, files: int, each: int, seed: int) -> None:
        self.articles, self.library = place / "articles", place / "library"
        self.articles.mkdir()
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self._each = each
        self._versions = 0
        for n in range(files):
            self._write(n)

    @property
    def wanted(self) -> dict[str, str]:
        """The ids of all articles in the files, and the hashes of their texts."""
        lines = [
            json.loads(line)
            for file in self.articles.iterdir()
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        return {row["id"]: sha256(row["text"].encode()).hexdigest() for row in lines}

    @property
    def encoder(self) -> PerIdentityEncoder:
        """The one whose vectors the library holds."""
        with closing(LocalReader(self.library)) as library, library.snapshot():
            return PerIdentityEncoder(str(library.fact(ENCODER_FACT) or ENCODERS[0]))

    def edit(self) -> None:
        """Change, add and remove some files."""
        numbers = sorted(int(path.stem) for path in self.articles.iterdir())
        for n in self.chance.sample(numbers, len(numbers) // 3):
            self._write(n)
        for n in self.chance.sample(numbers, 2):
            (self.articles / f"{n}.jsonl").unlink()
            self._write(max(numbers) + 1 + n)

    def held(self, edition: folder.Edition | None = None) -> dict[str, str]:
        """What an edition holds: ids, and the hashes of the texts as they are now."""
        edition = edition or folder.current_edition(self.library)
        with closing(sqlite3.connect(edition.truth)) as truth:
            rows = truth.execute("SELECT id, text FROM articles").fetchall()
        return {row[0]: sha256(row[1].encode()).hexdigest() for row in rows}

    def damage(self) -> None:
        """Do what no run of ours does, in two ways."""
        edition = folder.current_edition(self.library)
        ways = [
            "UPDATE vectors SET vector = x'007e' || substr(vector, 3) WHERE number % 70 = 5",
            "UPDATE vectors SET vector = x'0000' WHERE number % 60 = 4",
            "DELETE FROM vectors WHERE number % 50 = 9",
            "UPDATE passages SET stop = stop + 1 WHERE id % 90 = 7",
            "DELETE FROM passages WHERE id % 80 = 3",
            "UPDATE articles SET text = text || '?' WHERE number % 40 = 1",
            "INSERT INTO pending SELECT digest FROM vectors LIMIT 5",
        ]
        with closing(sqlite3.connect(edition.truth)) as truth, truth:
            for way in self.chance.sample(ways, 2):
                truth.execute(way)
        if self.chance.random() < 0.5:
            for path in [*edition.words.glob("*.idx"), *edition.vectors.glob("*.faiss")]:
                path.write_bytes(path.read_bytes()[:-100])

    def _write(self, n: int) -> None:
        self._versions += 1
        rows = []
        for k in range(self._each):
            # Most articles of a file that is written again stay what they were.
            mark = self._versions if self.chance.random() < 0.3 else 0
            words = f"Word{n}x{k} of version{mark} is here. " * 5
            rows.append({"id": f"{n}-{k}", "title": f"T{n}", "text": f"{words}\n\n{words}{words}"})
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (self.articles / f"{n}.jsonl").write_text(lines, encoding="utf-8")
