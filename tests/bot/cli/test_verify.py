"""``quoth verify``, and ``quoth index`` with ``--dry-run``, ``--rebuild`` and ``--rollback``."""

import sqlite3
from pathlib import Path

import pytest

from retrieval.library.local.writer import LocalWriter
from tests.support.quoth_command import ARTICLES, Quoth, write_jsonl


@pytest.fixture
def made(inside: Quoth, tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "some.jsonl", ARTICLES)
    assert inside("index", "some.jsonl").status == 0
    return tmp_path / "library"


def damage(library: Path, statement: str) -> None:
    connection = sqlite3.connect(library / "1" / "truth.sqlite", isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_where_all_is_well_it_says_what_it_looked_at(inside: Quoth, made: Path) -> None:
    done = inside("verify")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("library: nothing is wrong (articles 4, passages ")
    told = inside("verify", "--json").object
    assert (told["ok"], told["problems"], told["left_over"]) == (True, [], [])
    assert told["checked"]["articles"] == 4


def test_what_is_wrong_is_a_line_each_and_then_mended(inside: Quoth, made: Path) -> None:
    first_quote = inside("ask", "Where are croissants baked?", "--json").object["quotes"][0]
    damage(made, "UPDATE vectors SET vector = x'00' WHERE number <= 2")
    done = inside("verify")
    assert done.status == 1
    first, second, verdict = done.out.splitlines()
    assert first.startswith("vector: that of passage ")
    assert second.startswith("vector: ")
    assert verdict.startswith("library: 2 problems; run: quoth verify --repair (")
    told = inside("verify", "--json")
    assert told.status == 1
    (problem,) = told.object["problems"]
    assert (problem["kind"], problem["count"], len(problem["examples"])) == ("vector", 2, 2)
    done = inside("verify", "--repair")
    assert done.status == 0
    assert [line[:14] for line in done.out.splitlines()] == ["found: vector:"] * 2 + [
        "library: nothi"
    ]
    assert inside("verify").status == 0
    again = inside("ask", "Where are croissants baked?", "--json").object["quotes"][0]
    assert (again["text"], again["answer"]) == (first_quote["text"], first_quote["answer"])


def test_a_lost_text_is_told_and_read_again(inside: Quoth, made: Path) -> None:
    damage(made, "UPDATE articles SET text = text || '\x1b[31m' WHERE id = 'bakery'")
    assert "article: bakery: its text does not match its hash" in inside("verify").out
    done = inside("verify", "--repair", "--json")
    assert done.status == 0
    assert done.object["found"][0]["kind"] == "article"
    assert "quoth index reads" in done.object["lost"][0]
    assert inside("index", "some.jsonl").out.startswith("1 added, 0 updated, 0 removed, 3 unch")


@pytest.mark.parametrize("flags", [[], ["--repair"], ["--json"]])
def test_without_a_library_it_is_one_line(inside: Quoth, tmp_path: Path, flags: list[str]) -> None:
    done = inside("verify", *flags)
    assert (done.status, done.error) == (1, "quoth: library: no library there; run: quoth index")
    assert not (tmp_path / "library").exists()


def test_a_dry_run_says_what_would_be_done(inside: Quoth, made: Path, tmp_path: Path) -> None:
    rows = [{**ARTICLES[0], "text": "The bridge reopened."}, *ARTICLES[2:]]
    write_jsonl(tmp_path / "some.jsonl", [*rows, {"id": "new\x1b", "title": "N", "text": "New."}])
    with LocalWriter(made):
        done = inside("index", "--dry-run", "some.jsonl")
    place = tmp_path / "some.jsonl"
    assert (done.status, done.err) == (0, "")
    *lines, last = done.out.splitlines()
    assert sorted(lines) == [
        f"would be added: new ({place})",
        f"would be removed: bakery ({place})",
        f"would be updated: bridge ({place})",
    ]
    summary = "1 added, 1 updated, 1 removed, 2 unchanged, 0 failed"
    assert last == f"dry run, nothing was changed: {summary}"
    assert inside("index", "some.jsonl").out == summary + "\n"


def test_a_dry_run_makes_no_library(inside: Quoth, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "some.jsonl", ARTICLES)
    assert "4 added" in inside("index", "--dry-run", "some.jsonl").out
    done = inside("index", "--dry-run", "nowhere")
    assert done.status == 1
    assert done.error == "quoth: nowhere: no such file or folder, so no library was made"
    assert not (tmp_path / "library").exists()


def test_back_to_before_the_rebuild(inside: Quoth, made: Path) -> None:
    done = inside("index", "--rollback")
    assert done.status == 1
    assert done.error == (
        "quoth: library: there is no earlier edition to go back to; a rebuild keeps one"
    )
    assert inside("index", "--rebuild").out == "4 articles rebuilt\n"
    inside("articles", "remove", "bridge")
    done = inside("index", "--rollback")
    assert done.status == 0
    assert done.out.startswith("went back to edition 1: 4 articles, encoder all-MiniLM-L6-v2@")
    assert done.out.endswith(" quoth feeds sync what feeds still list\n")
    assert inside("ask", "When did the bridge in Marlow close?").status == 0
    assert inside("index", "--rollback").out.startswith("went back to edition 2: 3 articles, ")


@pytest.mark.parametrize(
    "flags",
    [
        ["--rebuild", "--rollback"],
        ["--rebuild", "--dry-run"],
        ["--rollback", "--dry-run"],
        ["--rollback", "some.jsonl"],
    ],
)
def test_what_cannot_be_asked_together_is_wrong_usage(
    inside: Quoth, made: Path, flags: list[str]
) -> None:
    done = inside("index", *flags)
    assert (done.status, done.out) == (2, "")
    assert inside("index", "--rollback").status == 1  # nothing was rebuilt


def test_a_second_process_is_told_who_writes(quoth: Quoth, made: Path) -> None:
    quoth("index", "--rebuild")
    with LocalWriter(made):
        for command in (["index", "--rollback"], ["index", "--rebuild"], ["verify", "--repair"]):
            done = quoth(*command)
            assert done.status == 1
            assert done.error.endswith(" is writing; wait until it is done")
        assert quoth("verify").status == 0
