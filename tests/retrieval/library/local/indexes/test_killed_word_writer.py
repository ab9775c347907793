"""A writer of the index of words that was killed is in nobody's way, and costs no deletion."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from retrieval.library.local.folder import current_edition
from retrieval.library.local.indexes import word_writer
from retrieval.library.local.indexes.word_files import open_index
from retrieval.library.local.indexes.words import WordIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import article

ROUNDS = 10


class Copying:
    """An index, or its writer, that keeps what the folder is about each commit.

    Links are made at once; merging what has become small takes longer.
    """

    def __init__(self, real: Any, folder: Path, copies: Path) -> None:
        self._real, self._folder, self._copies = real, folder, copies

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def writer(self, **options: Any) -> "Copying":
        return Copying(self._real.writer(**options), self._folder, self._copies)

    def commit(self) -> None:
        before = (self._folder / "meta.json").read_bytes()
        self._real.commit()
        for killed in ("after", "just before"):
            copy = self._copies / f"{killed} commit {len([*self._copies.iterdir()]) // 2}"
            copy.mkdir()
            for path in self._folder.iterdir():
                # A merge in the background makes what has such a name, and renames it.
                if not path.name.endswith(".lock") and not path.name.startswith(".tmp"):
                    os.link(path, copy / path.name)
        # All of it was written but the file that says so.
        (copy / "meta.json").unlink()
        (copy / "meta.json").write_bytes(before)


def change(library: Path, n: int) -> None:
    """Add an article, and edit those before."""
    with LocalWriter(library) as writer, writer.commit() as commit:
        for k in range(max(0, n - 3), n + 1):
            commit.put(article(f"a{k}", f"Words of alpha{k}, as of {n}. " * 40), "test")


def test_killed_about_any_commit_the_next_run_deletes_what_went(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    change(library, 0)
    folder = current_edition(library).words
    with closing(LocalReader(library)) as opened:
        with opened.snapshot():
            WordIndex(folder).catch_up(opened)
        for n in range(1, ROUNDS):
            change(library, n)
            with monkeypatch.context() as patch, opened.snapshot():
                patch.setattr(
                    word_writer, "open_index", lambda f: Copying(open_index(f), folder, copies)
                )
                WordIndex(folder).catch_up(opened)
        with LocalWriter(library) as writer, writer.commit() as commit:
            for n in range(0, ROUNDS, 2):
                commit.remove(f"a{n}")
        with opened.snapshot():
            wanted = sorted(opened.passages_within().tolist())
            for copy in sorted(copies.iterdir()):
                words = WordIndex(copy)
                words.catch_up(opened)
                assert sorted(words.ids_between(0, 2**60).tolist()) == wanted, copy.name
