"""What is under a path that is indexed: links, pipes and devices, and files that vanished."""

import os
import threading
from pathlib import Path

import pytest

from retrieval.library.local.reader import LocalReader
from tests.support.articles import contents, ids, mirror, write_txt
from tests.support.encoders import ReadableEncoder


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [make_pipe, make_endless])
def test_what_is_not_a_file_is_told_and_not_waited_for(
    library: Path, articles: Path, encoder: ReadableEncoder, make: object
) -> None:
    write_txt(articles, "a", "The king spoke.")
    odd = articles / "odd.txt"
    assert callable(make)
    make(odd)
    done = []
    running = threading.Thread(
        target=lambda: done.append(mirror(library, encoder, articles)), daemon=True
    )
    running.start()
    running.join(20)
    assert done, "it waits for a pipe or a device"
    summary, problems = done[0]
    assert (summary.added, summary.failed) == (1, 1)
    assert [str(problem) for problem in problems] == [f"{odd}: not a file"]


def test_what_a_pipe_took_the_place_of_is_kept(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    path = write_txt(articles, "a", "The king spoke.")
    mirror(library, encoder, articles)
    path.unlink()
    os.mkfifo(path)
    assert mirror(library, encoder, articles)[0].failed == 1
    assert ids(library) == {"a"}


def test_files_that_vanished_are_forgotten_in_one_commit(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    paths = [write_txt(articles, f"a{n}", f"Words of {n}.") for n in range(6)]
    mirror(library, encoder, articles)
    before = generation(library)
    for path in paths[1:]:
        path.unlink()
    assert mirror(library, encoder, articles)[0].removed == 5
    assert ids(library) == {"a0"}
    assert len(contents(library)["files"]) == 1
    assert generation(library) == before + 2  # the other one sweeps


def generation(library: Path) -> int:
    reader = LocalReader(library)
    found = reader.generation()
    reader.close()
    return found


def test_up_from_a_link_is_up_from_where_it_leads(
    library: Path, tmp_path: Path, encoder: ReadableEncoder
) -> None:
    write_txt(tmp_path / "far" / "docs", "right", "The king spoke.")
    write_txt(tmp_path / "docs", "wrong", "The river rose.")
    (tmp_path / "far" / "deep").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")
    mirror(library, encoder, tmp_path / "link" / ".." / "docs")
    assert ids(library) == {"right"}
    # By whichever way, it is the same file.
    for way in ("far/docs", "far/deep/../docs", "link/../docs", "link/.."):
        assert mirror(library, encoder, tmp_path / way)[0].unchanged == 1


def test_a_linked_folder_keeps_its_own_name(
    library: Path, tmp_path: Path, encoder: ReadableEncoder
) -> None:
    write_txt(tmp_path / "2024-05", "a", "The king spoke.")
    (tmp_path / "news").symlink_to(tmp_path / "2024-05")
    mirror(library, encoder, tmp_path / "news")
    assert [row[0] for row in contents(library)["files"]] == [f"{tmp_path.resolve()}/news/a.txt"]
