"""A watch: the library follows the folder, and what can go wrong on the way."""

import os
import shutil
import subprocess
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import LibraryError
from retrieval.ingest.file_events import remote_system
from retrieval.library.local.lock import writer_lock
from retrieval.library.local.reader import LocalReader
from tests.support.articles import article, build, contents, ids, mirror, write_jsonl, write_txt
from tests.support.encoders import ReadableEncoder
from tests.support.watch_process import until, watching


def text_of(library: Path, article_id: str) -> str | None:
    opened = LocalReader(library)
    found = opened.article(article_id)
    opened.close()
    return found.text if found else None


def holds(library: Path, article_id: str) -> bool:
    return article_id in ids(library)


def test_what_is_added_changed_renamed_and_removed(library: Path, articles: Path) -> None:
    write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        assert ids(library) == {"a"}
        path = write_txt(articles, "deep/down/b", "The queen answered.")
        watch.until(lambda: ids(library) == {"a", "deep/down/b"})
        write_txt(articles, "a", "The king is silent.")
        watch.until(lambda: text_of(library, "a") == "The king is silent.")
        path.rename(articles / "c.txt")
        watch.until(lambda: ids(library) == {"a", "c"})
        shutil.rmtree(articles / "deep")
        (articles / "a.txt").unlink()
        watch.until(lambda: ids(library) == {"c"})
        watch.until(lambda: len(watch.said("done")) == 5)
        assert watch.said("done") == [
            "1 0 0 0 0", "1 0 0 1 0", "0 1 0 1 0", "1 0 1 1 0", "0 0 1 1 0"
        ]  # fmt: skip
        assert contents(library)["pending"] == []


def test_a_folder_that_moves_in_comes_with_all_that_is_in_it(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    write_txt(articles, "a", "The king spoke.")
    for name in ("one", "deep/two"):
        write_txt(tmp_path / "elsewhere", name, f"Words of {name}.")
    with watching(library, articles) as watch:
        (tmp_path / "elsewhere").rename(articles / "new")
        watch.until(lambda: ids(library) == {"a", "new/one", "new/deep/two"})
        (articles / "new").rename(tmp_path / "elsewhere")
        watch.until(lambda: ids(library) == {"a"})


def test_a_burst_is_one_run(library: Path, articles: Path) -> None:
    write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        for n in range(200):
            write_txt(articles, f"b{n}", f"Words of {n}.")
        watch.until(lambda: len(ids(library)) == 201)
        watch.until_idle()
        assert watch.said("done")[1:] == ["200 0 0 1 0"]


def test_what_is_being_written_is_read_when_it_is_whole(library: Path, articles: Path) -> None:
    """Also while others are read: somebody who writes for ever keeps nobody out."""
    write_txt(articles, "a", "The king spoke.")
    with (
        watching(library, articles, settle=2.0) as watch,
        (articles / "long.txt").open("w") as file,
    ):
        file.write("Long\n\n")
        write_txt(articles, "short", "Soon there.")
        while "short" not in ids(library):
            file.write("Part of it. ")
            file.flush()
            time.sleep(0.1)
        assert ids(library) == {"a", "short"}
        file.write("The end.\n")
        file.close()
        watch.until(lambda: "long" in ids(library))
        assert (text_of(library, "long") or "").endswith("Part of it. The end.")
        watch.until_idle()
        assert {line.split()[1] for line in watch.said("done")} == {"0"}, "never read by halves"


def test_what_was_written_just_before_is_read_a_moment_later(library: Path, articles: Path) -> None:
    write_txt(articles, "old", "The king spoke.")
    os.utime(articles / "old.txt", (1, 1))
    write_txt(articles, "new", "The queen answered.")
    with watching(library, articles, settle=5.0) as watch:
        watch.until(lambda: ids(library) == {"old", "new"})


def test_a_folder_that_is_away_keeps_its_articles(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    write_txt(articles, "a", "The king spoke.")
    write_txt(articles, "b", "The queen answered.")
    other = write_txt(tmp_path / "other", "c", "Goal!").parent
    with watching(library, articles, other) as watch:
        articles.rename(tmp_path / "away")
        watch.until(lambda: watch.said("notice"))
        assert watch.said("notice") == [
            f"{articles}: not there; its articles stay until there are files again"
        ]
        write_txt(other, "d", "Match.")
        watch.until(lambda: ids(library) == {"a", "b", "c", "d"})
        articles.mkdir()  # such as where something was mounted
        time.sleep(2.5)
        assert ids(library) == {"a", "b", "c", "d"}
        articles.rmdir()
        (tmp_path / "away" / "b.txt").unlink()
        (tmp_path / "away").rename(articles)
        watch.until(lambda: ids(library) == {"a", "c", "d"})
        write_txt(articles, "e", "It is listened to again.")
        watch.until(lambda: ids(library) == {"a", "c", "d", "e"})
        assert watch.said("notice")[1:] == [f"{articles}: back"]


def test_a_folder_that_was_emptied_is_empty(library: Path, articles: Path) -> None:
    path = write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        path.unlink()
        watch.until(lambda: ids(library) == set())
        assert watch.said("notice") == []


def test_an_empty_folder_in_its_place_is_not_believed(library: Path, articles: Path) -> None:
    write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        shutil.rmtree(articles)
        articles.mkdir()
        watch.until(lambda: watch.said("notice"))
        assert ids(library) == {"a"}
        write_txt(articles, "b", "The queen answered.")
        watch.until(lambda: ids(library) == {"b"})


def test_a_folder_that_is_empty_when_the_watch_begins_is_not_believed(
    library: Path, articles: Path
) -> None:
    path = write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        watch.until(lambda: ids(library) == {"a"})
    path.unlink()  # as where what is mounted there is not mounted yet
    with watching(library, articles) as watch:
        watch.until(lambda: watch.said("notice"))
        assert ids(library) == {"a"}
        write_txt(articles, "b", "The queen answered.")
        watch.until(lambda: ids(library) == {"b"})


def test_a_folder_that_was_away_for_a_moment_is_not_believed_to_be_empty(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    path = write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        articles.rename(tmp_path / "away")
        (tmp_path / "away" / path.name).unlink()
        (tmp_path / "away").rename(articles)
        watch.until(lambda: watch.said("notice"))
        told = f"{articles}: was away, and is empty; its articles stay until there are files again"
        assert watch.said("notice") == [told]
        assert ids(library) == {"a"}


def test_a_file_that_is_watched_is_followed_through_replacing(
    library: Path, articles: Path
) -> None:
    path = write_jsonl(articles / "a.jsonl", [{"id": "x", "text": "The king spoke."}])
    with watching(library, path) as watch:
        for n in range(3):
            unfinished = write_jsonl(articles / "unfinished", [{"id": f"y{n}", "text": "River."}])
            unfinished.replace(path)
            watch.until(partial(holds, library, f"y{n}"))


def test_a_loop_of_links_is_searched_once(library: Path, articles: Path) -> None:
    write_txt(articles, "deep/a", "The king spoke.")
    (articles / "deep" / "loop").symlink_to(articles, target_is_directory=True)
    with watching(library, articles) as watch:
        write_txt(articles, "deep/b", "The queen answered.")
        watch.until(lambda: ids(library) == {"deep/a", "deep/b"})
        (articles / "deep" / "a.txt").unlink()
        watch.until(lambda: ids(library) == {"deep/b"})
        watch.until_idle()
        assert watch.said("problem") == watch.said("notice") == []


def test_a_library_among_the_articles_does_not_keep_it_running(articles: Path) -> None:
    write_txt(articles, "a", "The king spoke.")
    library = articles / "library"
    with watching(library, articles) as watch:
        write_txt(articles, "b", "The queen answered.")
        watch.until(lambda: ids(library) == {"a", "b"})
        watch.until_idle()
        assert len(watch.said("run")) <= 4
        (articles / ".hidden.txt").write_text("nobody reads this")
        (articles / "picture.png").write_text("nor this")
        runs = len(watch.said("run"))
        time.sleep(1.2)
        assert len(watch.said("run")) == runs


def test_a_name_that_is_no_utf8_is_followed(library: Path, articles: Path) -> None:
    write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        Path(os.fsdecode(os.fsencode(articles) + b"/caf\xe9.txt")).write_text("Title\n\nRiver.\n")
        watch.until(lambda: len(ids(library)) == 2)
        write_txt(articles, "b", "The queen answered.")
        watch.until(lambda: len(ids(library)) == 3)


def test_a_problem_is_told_once(library: Path, articles: Path) -> None:
    path = write_jsonl(articles / "a.jsonl", [{"id": "x", "text": "River."}, "{"])
    os.mkfifo(articles / "pipe.txt")
    with watching(library, articles) as watch:
        for n in range(2):
            write_txt(articles, f"b{n}", "The queen answered.")
            watch.until(partial(holds, library, f"b{n}"))
        assert len(watch.said("problem")) == 2
        write_jsonl(path, [{"id": "x", "text": "River."}, {"id": "y", "text": "Flood."}])
        watch.until(lambda: "y" in ids(library))
        assert len(watch.said("problem")) == 2


def test_it_waits_for_whoever_writes(library: Path, articles: Path) -> None:
    write_txt(articles, "a", "The king spoke.")
    with watching(library, articles) as watch:
        with writer_lock(library, wait=5):
            write_txt(articles, "b", "The queen answered.")
            watch.until(lambda: watch.said("notice"))
            time.sleep(3.5)
            (told,) = watch.said("notice")
            assert f"process {os.getpid()} is writing" in told
            assert ids(library) == {"a"}
        watch.until(lambda: ids(library) == {"a", "b"})
        watch.until(lambda: len(watch.said("notice")) == 2)


def test_new_words_come_before_old_vectors(library: Path, articles: Path) -> None:
    for n in range(60):
        write_txt(articles, f"a{n}", f"Words of {n}.")
    with watching(library, articles, delay=0.5) as watch:
        watch.until(lambda: library.exists() and _pending(library) in range(1, 60))
        write_txt(articles, "new", "The queen answered.")
        watch.until(lambda: text_of(library, "new"))
        assert _pending(library) > 20


def _pending(library: Path) -> int:
    try:
        opened = LocalReader(library)
    except LibraryError:
        return -1
    count = opened.pending()
    opened.close()
    return count


def test_another_encoder_ends_it(library: Path, articles: Path, encoder: ReadableEncoder) -> None:
    write_txt(articles, "a", "The king spoke.")
    build(library, ReadableEncoder("another@2"), [article("x", "River.")])
    with watching(library, articles, delay=0.01) as watch:
        watch.until(lambda: watch.said("ended"))
        assert "MismatchError" in watch.lines[-1]


def _unshares(*more: str) -> bool:
    trial = ["unshare", "-Urm", *more]
    return bool(shutil.which("unshare")) and (
        subprocess.run(trial, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(
    not _unshares("sh", "-c", "echo 0 > /proc/sys/user/max_inotify_watches"),
    reason="needs user namespaces with limits of their own",
)
@pytest.mark.parametrize("limit", ["watches", "instances"])
def test_where_nothing_can_be_heard_it_looks(library: Path, articles: Path, limit: str) -> None:
    write_txt(articles, "a", "The king spoke.")
    script = f'echo 0 > /proc/sys/user/max_inotify_{limit} && exec "$@"'
    with watching(library, articles, prefix=["unshare", "-Ur", "sh", "-c", script, "sh"]) as watch:
        write_txt(articles, "b", "The queen answered.")
        watch.until(lambda: ids(library) == {"a", "b"})
        (articles / "a.txt").unlink()
        watch.until(lambda: ids(library) == {"b"})
        (told,) = watch.said("notice")
        assert told.startswith("changes of files cannot be listened for (")


@pytest.mark.skipif(
    not _unshares("mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    reason="needs user namespaces that may mount",
)
def test_a_full_disk_is_waited_out(tmp_path: Path, articles: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    for n in range(30):
        write_txt(articles, f"{n}", " ".join(f"word{n}x{k} grows." for k in range(400)))
    script = (
        f"mount -t tmpfs -o size=300k tmpfs {disk} || exit 77;"
        f" (for n in $(seq 600); do [ -e {tmp_path}/grow ] && break; sleep 0.1; done;"
        f' mount -o remount,size=100m {disk}) > /dev/null & exec "$@"'
    )
    prefix = ["unshare", "-Urm", "sh", "-c", script, "sh"]
    with watching(disk / "library", articles, prefix=prefix, delay=0.001) as watch:
        watch.until(lambda: watch.said("notice"))
        assert watch.said("done") == []
        (tmp_path / "grow").touch()
        watch.until(lambda: watch.said("done"))
        told = watch.said("notice")
        assert all(str(disk) in line for line in told)
        assert told[-1].endswith("written again")


def test_a_network_file_system_is_known_by_its_mount(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    numbers = f"{os.major(device)}:{os.minor(device)}"
    here = f"36 35 {numbers} / /srv/my\\040articles rw,noatime shared:1 - %s host:/x rw"
    other = "37 35 1234:5 / /mnt rw - nfs host:/y rw"
    for kind in ("nfs4", "cifs", "fuse.sshfs"):
        assert remote_system(tmp_path, f"{other}\n{here % kind}\n") == kind
    for kind in ("ext4", "tmpfs", "fuseblk"):
        assert remote_system(tmp_path, f"{other}\n{here % kind}\n") is None
    assert remote_system(tmp_path / "missing", here % "nfs4") is None
    assert remote_system(tmp_path) is None


@given(st.lists(st.text(alphabet="0123:4 -/nfs\n\x00é")))
def test_no_table_of_mounts_is_too_strange(lines: list[str]) -> None:
    assert remote_system(Path("/"), "\n".join(lines)) in (None, "nfs")


def test_a_watch_that_was_killed_goes_on(
    library: Path, articles: Path, encoder: ReadableEncoder
) -> None:
    for n in range(20):
        write_txt(articles, f"a{n}", f"Words of {n}.")
    with watching(library, articles, delay=0.1) as watch:
        watch.until(lambda: library.exists() and _pending(library) in range(1, 20))
    until(lambda: mirror(library, encoder, articles)[0].unchanged == 20)
    assert contents(library)["pending"] == []
