"""A disk that is full: one line, and what was committed stays."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.errors import LibraryError
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder, ScatteredEncoder

ROOT = Path(__file__).parents[4]

INDEX = """
import sys
from pathlib import Path
from retrieval.errors import QuothError
from retrieval.ingest.index import index
from retrieval.library.local import batches
from retrieval.library.local.reader import LocalReader
from retrieval.library.progress import Reporter
from tests.support.encoders import ScatteredEncoder

articles, library = Path(sys.argv[1]), Path(sys.argv[2])
batches._BATCH_CHARACTERS = 20_000
try:
    index([articles], library, ScatteredEncoder(), Reporter())
    opened = LocalReader(library)
    print(opened.state().articles, opened.pending())
except QuothError as error:
    print("refused:", error)
"""


def test_a_database_that_cannot_grow_is_told_in_one_line(
    library: Path, encoder: ReadableEncoder
) -> None:
    build(library, encoder, [article("kept", "These words are kept.")])
    with LocalWriter(library) as writer:
        connection = writer._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LibraryError) as error, writer.commit() as change:
            change.put(article("lost", "Too many words. " * 50_000), "test")
        assert "disk is full; what was committed is kept" in str(error.value)
        assert len(str(error.value).splitlines()) == 1
        connection.execute("PRAGMA max_page_count = 1000000")
        with writer.commit() as change:
            change.put(article("next", "It goes on."), "test")
    opened = LocalReader(library)
    assert opened.article("kept") and opened.article("next")
    assert opened.article("lost") is None
    opened.close()


def _mounts() -> bool:
    """Whether this system lets anyone mount a file system of their own."""
    if not shutil.which("unshare"):
        return False
    trial = ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _mounts(), reason="needs user namespaces that may mount")
@pytest.mark.parametrize("size", ["8k", "24k", "48k", "300k", "700k", "1200k"])
def test_a_real_disk_fills_up_at_whatever_step(tmp_path: Path, size: str) -> None:
    articles, disk = tmp_path / "articles", tmp_path / "disk"
    articles.mkdir()
    disk.mkdir()
    for n in range(60):
        words = " ".join(f"word{n}x{k} grows." for k in range(400))
        (articles / f"{n:02}.txt").write_text(f"Title {n}\n\n{words}\n")
    script = (
        'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 77\n'
        '"$3" -c "$4" "$5" "$2/library"\n'
        'mount -o remount,size=200m "$2"\n'
        '"$3" -c "$4" "$5" "$2/library"\n'
    )
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script, "sh"]  # noqa: RUF005 - the script's own
        + [size, str(disk), sys.executable, INDEX, str(articles)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""  # no traceback
    lines = done.stdout.splitlines()
    assert len(lines) == 2, lines
    assert lines[0].startswith(f"refused: {disk}")
    assert lines[1] == "60 0"


REBUILD = """
import sys
from pathlib import Path
from retrieval.errors import QuothError
from retrieval.library.local.rebuild import rebuild
from retrieval.library.local.verify.check import verify
from retrieval.library.progress import Reporter
from tests.support.encoders import ScatteredEncoder

library = Path(sys.argv[1])
try:
    rebuild(library, ScatteredEncoder(), Reporter())
except QuothError as error:
    print("refused:", error)
report = verify(library, Reporter())
print(*sorted(path.name for path in library.iterdir() if path.is_dir()), report.checked["articles"],
      report.ok, report.left_over)
"""


@pytest.mark.skipif(not _mounts(), reason="needs user namespaces that may mount")
@pytest.mark.parametrize("size", ["250k", "450k", "650k"])
def test_a_disk_that_fills_during_a_rebuild_leaves_the_library_as_it_was(
    tmp_path: Path, scattered: ScatteredEncoder, size: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [" ".join(f"word{n}x{k} grows." for k in range(200)) for n in range(60)]
    build(tmp_path / "library", scattered, [article(f"a{n}", words[n]) for n in range(60)])
    script = (
        'mount -t tmpfs -o size=200m tmpfs "$2" || exit 77\n'
        'cp -r "$5" "$2/library"\n'
        'head -c "$1" /dev/zero > "$2/room"\n'
        'used=$(du -sk "$2" | cut -f1)\n'
        'mount -o remount,size="${used}k" "$2"\n'
        'rm "$2/room"\n'
        '"$3" -c "$4" "$2/library"\n'
        'mount -o remount,size=200m "$2"\n'
        '"$3" -c "$4" "$2/library"\n'
    )
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script, "sh"]  # noqa: RUF005 - the script's own
        + [size, str(disk), sys.executable, REBUILD, str(tmp_path / "library")],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "", done.stdout + done.stderr
    refused, before, after = done.stdout.splitlines()
    assert refused.startswith(f"refused: {disk}")
    assert before == "1 60 True []"
    assert after.split()[0] == "1" and after.endswith(" 60 True []")
