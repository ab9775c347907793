"""What only a library on a server goes through: other indexers, and a server that is away."""

import json
import signal
import time
from pathlib import Path

import pytest

from retrieval.errors import LibraryError, MismatchError
from retrieval.library import open as open_library
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.schema import Kind, ledger_row
from retrieval.library.milvus.server import Server
from retrieval.library.progress import Reporter
from tests.support.articles import write_jsonl
from tests.support.encoders import ScatteredEncoder
from tests.support.indexers import indexer, rows
from tests.support.library_contract import asking, bring, found, is_whole, listed
from tests.support.milvus_servers import TestServer


def test_two_indexers_share_the_work(milvus: MilvusLocation, folder: Path) -> None:
    for n in range(8):
        write_jsonl(folder / f"{n}.jsonl", [{**row, "id": f"{n}-{row['id']}"} for row in rows(100)])
    both = [indexer(milvus, folder) for _ in range(2)]
    said = [each.communicate(timeout=120) for each in both]
    assert [(each.returncode, err) for each, (_, err) in zip(both, said, strict=True)] == [
        (0, "")
    ] * 2
    done = [json.loads(out.splitlines()[-1]) for out, _ in said]
    assert sum(added for added, _, _ in done) == 800
    assert all(added for added, _, _ in done), "one did it all"
    assert [added + unchanged for added, unchanged, _ in done] == [800, 800]
    # Titles and texts repeat over the files: what counts is how many, not which.
    passages = open_library(milvus).status().state.passages
    assert sum(encoded for _, _, encoded in done) == passages
    assert is_whole(milvus)


def test_what_a_killed_indexer_had_claimed_is_done_by_the_next(
    milvus: MilvusLocation, folder: Path, encoder: ScatteredEncoder
) -> None:
    write_jsonl(folder / "a.jsonl", rows(300))
    killed = indexer(milvus, folder)
    assert killed.stdout and killed.stderr
    for line in killed.stdout:
        if line.startswith("Encoding 2"):
            break
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    killed.stderr.close()
    began = time.monotonic()
    assert bring(milvus, encoder, folder)[1] == []
    assert time.monotonic() - began < 60, "it waited for the dead one's claims to expire"
    assert len(listed(milvus)) == 300
    assert is_whole(milvus)


def test_a_server_that_is_killed_and_comes_back(
    milvus: MilvusLocation, server: TestServer, folder: Path, encoder: ScatteredEncoder
) -> None:
    write_jsonl(folder / "a.jsonl", rows(40))
    bring(milvus, encoder, folder)
    with asking(milvus, encoder) as answerer:
        assert found(answerer, "which paragraph tells of the river?")
        server.kill()
        with pytest.raises(LibraryError, match="the library can't be reached"):
            answerer.ask("which paragraph tells of the river?")
        with pytest.raises(LibraryError, match="the library can't be reached"):
            bring(milvus, encoder, folder)
        server.start()
        until = time.monotonic() + 60
        while True:
            try:
                assert found(answerer, "which paragraph tells of the river?")
                break
            except LibraryError:
                assert time.monotonic() < until, "it is back, and no question is answered"
                time.sleep(0.5)
    assert len(listed(milvus)) == 40
    assert is_whole(milvus)


def test_a_server_that_hangs_is_given_up(
    milvus: MilvusLocation,
    server: TestServer,
    folder: Path,
    encoder: ScatteredEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("retrieval.library.milvus.server.SECONDS", 2.0)
    write_jsonl(folder / "a.jsonl", rows(2))
    bring(milvus, encoder, folder)
    with asking(milvus, encoder) as answerer:
        server.pause()
        try:
            with pytest.raises(LibraryError, match="the library can't be reached"):
                answerer.ask("which paragraph tells of the river?")
        finally:
            server.go_on()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                assert found(answerer, "which paragraph tells of the river?")
                return
            except LibraryError:
                time.sleep(0.5)
    pytest.fail("it goes on, and no question is answered")


def test_what_another_version_made_is_refused(
    milvus: MilvusLocation, folder: Path, encoder: ScatteredEncoder
) -> None:
    write_jsonl(folder / "a.jsonl", rows(1))
    bring(milvus, encoder, folder)
    server = Server(milvus)
    for version, said in ((2, "a newer Quoth"), (0, "an older Quoth")):
        facts = {"schema": version, "encoder": "x", "dimension": 16, "words": False}
        row = ledger_row(Kind.FACTS, value=json.dumps(facts))
        server.call("upsert", f"{milvus.name}_ledger", [row])
        time.sleep(1)
        for use in (
            lambda: bring(milvus, encoder, folder),
            lambda: open_library(milvus).status(),
            lambda: open_library(milvus).verify(Reporter()),
        ):
            with pytest.raises(MismatchError, match=f"made by {said}"):
                use()
    server.close()
