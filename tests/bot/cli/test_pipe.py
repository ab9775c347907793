"""A reader that has seen enough, and Ctrl-C: both end the command quietly."""

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.quoth_command import COMMAND, Quoth, write_jsonl

QUIET = (0, -signal.SIGPIPE)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of more than a pipe holds."""
    folder = tmp_path_factory.mktemp("many")
    write_jsonl(
        folder / "many.jsonl",
        [{"id": f"{n:04}", "title": "Long " * 30, "text": "Same."} for n in range(2000)],
    )
    subprocess.run([COMMAND, "index", "many.jsonl"], cwd=folder, check=True, capture_output=True)
    return folder


def read_a_little(folder: Path, arguments: list[str], size: int) -> tuple[int, bytes]:
    """Run a command whose reader leaves after some bytes; its status and standard error."""
    with subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout and process.stderr
        if size:
            process.stdout.read(size)
        process.stdout.close()
        err = process.stderr.read()
        return process.wait(60), err


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize(
    "arguments",
    [
        ["articles"],
        ["articles", "list", "--json"],
        ["articles", "show", "0000"],
        ["status"],
        ["ask", "Long same", "--json"],
        ["ask", "Long same"],
        ["--help"],
        ["ask", "--help"],
    ],
    ids=" ".join,
)
def test_a_reader_that_leaves_is_no_error(many: Path, arguments: list[str], size: int) -> None:
    status, err = read_a_little(many, arguments, size)
    assert err == b""
    if arguments != ["ask", "Long same"] or status != 3:
        assert status in QUIET


def test_through_head_as_people_do(many: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" articles | head -n 1; echo "${PIPESTATUS[0]}"', COMMAND],
        cwd=many,
        capture_output=True,
        check=False,
    )
    first, status = done.stdout.decode().splitlines()
    assert first.startswith("no date     0000  Long Long")
    assert int(status) in (0, 128 + signal.SIGPIPE)
    assert done.stderr == b""


def committed(library: Path) -> bool:
    """Whether articles are in, and their vectors are still to come."""
    try:
        truth = sqlite3.connect(f"file:{library}/1/truth.sqlite?mode=ro", uri=True)
        with closing(truth):
            count = truth.execute("SELECT count(*) FROM pending").fetchone()[0]
    except sqlite3.Error:
        return False
    return bool(count)


def test_ctrl_c_in_the_middle_of_indexing_loses_nothing(quoth: Quoth, tmp_path: Path) -> None:
    count = 1500
    write_jsonl(
        tmp_path / "many.jsonl",
        [
            {"id": str(n), "title": f"Parcel {n}", "text": f"Parcel {n} went to shelf {n * 7}."}
            for n in range(count)
        ],
    )
    with subprocess.Popen(
        [COMMAND, "index", "many.jsonl"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as indexing:
        deadline = time.monotonic() + 60
        while not committed(tmp_path / "library"):
            assert indexing.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        indexing.send_signal(signal.SIGINT)
        out, err = indexing.communicate(timeout=60)
    assert indexing.returncode == 130
    assert (out, err.strip()) == (b"", b"")

    status = quoth("status", "--json").object
    assert (status["articles"], status["pending"]) == (count, count)
    text = quoth("status").out
    assert f"{count:,} articles, {count:,} passages, {count:,} passages without a vector" in text
    asked = quoth("ask", "Parcel 1234 shelf", "--json", env={"QUOTH_MIN_CONFIDENCE": "0"}).object
    assert asked["quotes"][0]["article"]["id"] == "1234", "found by its words before its vector"

    done = quoth("index", "many.jsonl")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"0 added, 0 updated, 0 removed, {count} unchanged, 0 failed\n"
    assert quoth("status", "--json").object["pending"] == 0


def test_progress_is_not_shown_in_a_pipe_and_results_are_not_on_standard_error(many: Path) -> None:
    done = subprocess.run(
        [COMMAND, "index", "many.jsonl"], cwd=many, capture_output=True, check=True
    )
    assert done.stdout == b"0 added, 0 updated, 0 removed, 2000 unchanged, 0 failed\n"
    assert done.stderr == b""


def test_closed_standard_output_is_no_traceback(many: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" status >&-', COMMAND], cwd=many, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_under_the_output_is_one_line(many: Path) -> None:
    if not os.path.exists("/dev/full"):  # noqa: PTH110 - a device
        pytest.skip("no /dev/full here")
    for command in (["articles"], ["status"], ["ask", "Long same", "--json"]):
        with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
            done = subprocess.run(
                [COMMAND, *command], cwd=many, stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 1
        (line,) = done.stderr.decode().splitlines()
        assert "No space left on device" in line
