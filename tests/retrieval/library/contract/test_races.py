"""What several indexers do to each other, and what a reader sees of it, moment by moment."""

import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from retrieval.documents.passages import encoder_text
from retrieval.errors import MismatchError
from retrieval.library import open as open_library
from retrieval.library.milvus import claims
from retrieval.library.milvus.batches import MilvusBatches
from retrieval.library.milvus.claims import LEASE, Claims
from retrieval.library.milvus.collections import make_library
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import article_key, passages_of
from retrieval.library.milvus.schema import Kind, ledger_row, open_if_made
from retrieval.library.milvus.server import Server
from retrieval.library.milvus.writer import MilvusWriter, Prepared
from retrieval.library.progress import Reporter
from retrieval.library.report import LostArticle
from tests.support.articles import article, write_jsonl
from tests.support.encoders import ScatteredEncoder
from tests.support.library_contract import bring, is_whole, listed
from tests.support.milvus_servers import TestServer

KEYS = {article_key("a"), article_key("b")}


class Clock:
    """The time as claims see it, which a test can put forward."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(claims, "now", made)
    monkeypatch.setattr("retrieval.library.milvus.schema.now", made)
    return made


@pytest.fixture
def library(milvus: MilvusLocation, encoder: ScatteredEncoder) -> MilvusReader:
    server = Server(milvus)
    return MilvusReader(server, make_library(server, encoder.identity, encoder.dimension))


def claims_of(library: MilvusReader) -> Claims:
    return Claims(library.server, library.names)


def test_what_one_has_claimed_no_other_gets(library: MilvusReader) -> None:
    first, second = claims_of(library), claims_of(library)
    assert first.take(KEYS) == KEYS
    assert second.take(KEYS) == set()
    first.release(KEYS)
    assert second.take(KEYS) == KEYS


def test_one_that_ended_in_this_process_leaves_nothing_to_wait_for(library: MilvusReader) -> None:
    first, second = claims_of(library), claims_of(library)
    first.take(KEYS)
    first.close()  # as after an error, with ``index --watch`` going on
    assert second.take(KEYS) == KEYS


def test_one_that_stood_still_sees_what_was_taken_from_it(
    library: MilvusReader, clock: Clock
) -> None:
    first, second = claims_of(library), claims_of(library)
    first.take(KEYS)
    clock.ahead += LEASE + 1_000
    settled: set[int] = set()
    second.settle_dead(settled.update)
    assert settled == KEYS
    first.renew()
    assert first.mine == set()


def test_one_that_was_renewed_meanwhile_is_left_alone(library: MilvusReader, clock: Clock) -> None:
    first, second = claims_of(library), claims_of(library)
    first.take(KEYS)
    clock.ahead += LEASE + 1_000
    assert second.take(KEYS) == KEYS  # it looks dead
    first.renew()
    assert first.mine == set()  # it saw the other, and takes its claims back
    settled: set[int] = set()
    second.settle(settled.update)
    assert second.mine == settled == KEYS  # what it left half written goes


def test_of_two_that_each_took_the_other_for_dead_one_alone_goes_on(
    library: MilvusReader, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = claims_of(library), claims_of(library)
    first.take(KEYS)
    clock.ahead += LEASE + 1_000
    others = Claims._others

    def looked(which: Claims, keys: Collection[int]) -> dict[int, list[str]]:
        found = others(which, keys)
        if which is second:
            first.renew()  # between the look of the second and what it makes of it
        return found

    monkeypatch.setattr(Claims, "_others", looked)
    second.take(KEYS)
    second.settle(lambda keys: None)
    assert not first.mine & second.mine
    first.release(first.mine)
    second.release(second.mine)
    assert claims_of(library).take(KEYS) == KEYS


def test_one_that_is_at_work_is_not_taken_for_dead(library: MilvusReader, clock: Clock) -> None:
    first, second = claims_of(library), claims_of(library)
    first.take(KEYS)
    for _ in range(5):
        clock.ahead += LEASE // 3
        first.renew()
        second.settle_dead(lambda keys: pytest.fail("it is alive"))
        assert second.take(KEYS) == set()
    assert first.mine == KEYS


def test_an_indexer_from_whom_work_is_taken_while_it_writes_loses_no_passage(
    milvus: MilvusLocation,
    library: MilvusReader,
    folder: Path,
    encoder: ScatteredEncoder,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_jsonl(folder / "a.jsonl", [{"id": "a", "title": "A", "text": "Some words."}])
    write = MilvusWriter._write
    stolen: list[int] = []

    def stand_still(writer: MilvusWriter, method: str, name: str, *rest: Any, **named: Any) -> None:
        write(writer, method, name, *rest, **named)
        if name.endswith("_passages") and not stolen:
            stolen.append(1)
            clock.ahead += LEASE + 1_000
            MilvusBatches(library, None, Reporter()).close()  # settles what looks dead

    monkeypatch.setattr(MilvusWriter, "_write", stand_still)
    summary, problems = bring(milvus, encoder, folder)
    assert stolen and problems == []
    assert summary.added == 1
    assert is_whole(milvus)


@pytest.mark.parametrize("text", ["Some words.", "Other words."])
def test_what_one_that_died_left_half_written_is_cleared_away_by_who_goes_on(
    milvus: MilvusLocation,
    library: MilvusReader,
    encoder: ScatteredEncoder,
    text: str,
    clock: Clock,
) -> None:
    """The dead one may have written the same version, or another."""
    with closing(MilvusBatches(library, encoder, Reporter())) as commits:
        dead = claims_of(library)
        half = article("a", text)
        dead.take([article_key("a")])
        MilvusWriter(library).put([prepared(half, encoder)], lambda: set())
        dead.close()
        commits.put(article("a", "Some words."), "file")
        commits.commit()
        commits.finish()
    assert [each[0] for each in listed(milvus)] == ["a"]
    assert is_whole(milvus)


def test_a_renamed_file_keeps_its_articles(
    milvus: MilvusLocation, folder: Path, encoder: ScatteredEncoder
) -> None:
    rows = [{"id": f"n{n}", "title": f"N {n}", "text": f"Number {n}."} for n in range(50)]
    for n in range(4):
        write_jsonl(folder / "a.jsonl", rows).rename(folder / f"b{n}.jsonl")
        if n:
            (folder / f"b{n - 1}.jsonl").unlink()
        bring(milvus, encoder, folder)
        assert len(listed(milvus)) == 50
    assert is_whole(milvus)


def test_an_article_that_moved_elsewhere_meanwhile_is_not_removed_with_its_old_file(
    milvus: MilvusLocation, library: MilvusReader, encoder: ScatteredEncoder
) -> None:
    with closing(MilvusBatches(library, encoder, Reporter())) as commits:
        commits.put(article("a", "Some words."), "/new")
        commits.commit()
        commits.remove(["a"], "/old")  # what was known of the files is older
        commits.finish()
    assert [each[0] for each in listed(milvus)] == ["a"]


def test_a_library_that_another_encoder_makes_at_the_same_moment_is_refused(
    milvus: MilvusLocation,
    server: TestServer,
    encoder: ScatteredEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if server.kind == "milvus-lite":
        pytest.skip("it keeps no descriptions of collections, and is for one machine")
    mine, other = Server(milvus), Server(milvus)
    begun: list[int] = []

    def look(which: Server) -> Any:
        if which is mine and not begun:
            begun.append(1)
            make_library(other, "another@1", encoder.dimension)
            return None  # as it was a moment ago
        return open_if_made(which)

    monkeypatch.setattr("retrieval.library.milvus.collections.open_if_made", look)
    with pytest.raises(MismatchError, match="made with the encoder another@1, not readable@1"):
        make_library(mine, encoder.identity, encoder.dimension)
    assert open_library(milvus).status().encoder == "another@1"


def test_damage_of_every_kind_is_found(
    milvus: MilvusLocation, library: MilvusReader, folder: Path, encoder: ScatteredEncoder
) -> None:
    rows = [
        {"id": f"n{n}", "title": f"N {n}", "date": "2021-01-01", "text": f"Number {n}."}
        for n in range(4)
    ]
    write_jsonl(folder / "a.jsonl", rows)
    bring(milvus, encoder, folder)
    server, names = library.server, library.names
    fields = ["article", "version", "paragraph", "start", "stop", "day", "source", "vector"]
    if names.words:
        fields.append("words")
    there = {row["article"]: row for row in server.rows(names.passages, "", fields, "Strong")}
    n0, n1, n2, _ = (there[article_key(f"n{n}")] for n in range(4))
    server.call("delete", names.passages, ids=[n0["id"]])
    server.call("upsert", names.passages, [{**n1, "day": 5}])
    server.call("upsert", names.passages, [{**n2, "vector": [0.5] * 16}])
    stray = ledger_row(Kind.CLAIM, 5)["id"]
    server.call("upsert", names.passages, [{**n1, "id": stray, "article": stray}])
    time.sleep(1)
    lines = open_library(milvus).verify(Reporter()).lines()
    assert sorted(lines) == [
        "passage: 1 of no article",
        "passage: n0: 1 are missing",
        "passage: n1: one is not where the text has it, or of another day or source",
        "vector: n2: 1 not of length 1",
    ]
    done = open_library(milvus).repair(encoder, Reporter())
    assert (done.before.lines(), done.lost, done.after.lines()) == (lines, [], [])
    assert len(listed(milvus)) == 4


def test_an_article_with_a_damaged_text_is_taken_out_and_read_again(
    milvus: MilvusLocation, library: MilvusReader, folder: Path, encoder: ScatteredEncoder
) -> None:
    file = write_jsonl(folder / "a.jsonl", [{"id": "a", "title": "A", "text": "Some words."}])
    gone = write_jsonl(folder / "b.jsonl", [{"id": "b", "title": "B", "text": "Other words."}])
    bring(milvus, encoder, folder)
    names = library.names
    fields = ["version", "file", "about", "text", "unused"]
    for row in library.server.rows(names.articles, "", fields, "Strong"):
        library.server.call("upsert", names.articles, [{**row, "text": "No such words."}])
    gone.unlink()
    time.sleep(1)
    done = open_library(milvus).repair(encoder, Reporter())
    assert done.before.count == 2
    assert sorted(done.lost, key=lambda each: each.article) == [
        LostArticle("a", str(file), True),
        LostArticle("b", str(gone), False),
    ]
    assert done.after.count == 1
    summary, problems = bring(milvus, encoder, folder)
    assert (summary.added, summary.removed, problems) == (1, 1, [])
    assert is_whole(milvus)


def test_who_asks_never_gets_a_text_under_another_version(
    library: MilvusReader, encoder: ScatteredEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pieces arrive one by one: what was read of two versions is read again."""
    old, new = article("a", "Old words. " * 3_000), article("a", "New words. " * 3_000)
    writer = MilvusWriter(library)
    writer.put([prepared(old, encoder)])
    writer.put([prepared(new, encoder)])
    key = article_key("a")
    (first,) = library._of([key], ["version", "about", "text"], "Strong")
    writer.put([prepared(old, encoder)])
    (second,) = library._of([key], ["version", "about", "text"], "Strong")
    of = library._of
    asked: list[int] = []

    def mixed(keys: Collection[int], wanted: list[str], level: str) -> list[dict[str, Any]]:
        asked.append(1)
        if len(asked) == 1:  # the row of the one version with the text of the other
            return [{**first, "text": second["text"]}]
        return of(keys, wanted, level)

    monkeypatch.setattr(library, "_of", mixed)
    version, found = library.articles([key])[key]
    assert (version, found.text) == (second["version"], old.text)
    # One that went meanwhile is not there.
    library._cache.clear()
    writer.remove([key])
    asked.clear()
    assert library.articles([key]) == {}


def prepared(each: Any, encoder: ScatteredEncoder) -> Prepared:
    passages = passages_of(each)
    texts = [encoder_text(each.title, each.text[one.start : one.end]) for one in passages]
    return Prepared(each, "file", passages, encoder.encode_passages(texts))
