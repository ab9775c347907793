"""``quoth status`` and ``quoth articles``: list, show, remove."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord.storage import uploads
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import own_article, own_article_id
from bot.discord.storage.schema import TABLES
from bot.discord.uploads.indexer import IndexRequest, UploadIndexer
from retrieval.models.encoder import load_encoder
from tests.support.articles import article as made_of
from tests.support.articles import build
from tests.support.quoth_command import ARTICLES, BAKERY, Quoth, write_jsonl


@pytest.fixture
def indexed(inside: Quoth, tmp_path: Path) -> Quoth:
    """The articles in a library of this test's own."""
    write_jsonl(tmp_path / "articles.jsonl", ARTICLES)
    assert inside("index", "articles.jsonl").status == 0
    return inside


def test_status_tells_what_the_library_holds(quoth: Quoth, shelf: Path) -> None:
    done = quoth("status", "--json", "--library", str(shelf))
    assert (done.status, done.err) == (0, "")
    status = done.object
    assert {key: type(value) for key, value in status.items()} == {
        "library": str, "articles": int, "passages": int, "pending": int, "generation": int,
        "encoder": str, "bytes": int,
    }  # fmt: skip
    assert status["library"] == str(shelf)
    assert (status["articles"], status["pending"]) == (4, 0)
    assert status["passages"] >= 4
    assert status["encoder"].startswith("all-MiniLM-L6-v2@")
    files = [file for file in shelf.rglob("*") if file.is_file()]
    assert status["bytes"] == sum(file.stat().st_size for file in files)
    asked = quoth("ask", "bridge", "--json", "--library", str(shelf)).object["library"]
    assert {key: status[key] for key in asked} == asked


def test_status_as_text(quoth: Quoth, shelf: Path) -> None:
    done = quoth("status", "--library", str(shelf))
    assert (done.status, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first.startswith(f"{shelf}: 4 articles, ")
    assert "vector" not in first, "nothing is pending"
    assert second.startswith("encoder all-MiniLM-L6-v2@")


def test_one_article_is_not_articles(inside: Quoth, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title\n\nText.\n")
    inside("index", "a.txt")
    assert inside("status").out.startswith("library: 1 article, 1 passage\n")


def test_the_list_is_newest_first_and_undated_last(quoth: Quoth, shelf: Path) -> None:
    expected = [
        "2022-12-31  harvest  Apple harvest (River Post)",
        "2022-03-15  bakery  A bakery 🥐 opens (Norðri)",
        "2021-05-03  bridge  Bridge closes (River Post)",
        "no date     lighthouse  The lighthouse",
    ]
    for command in (["articles"], ["articles", "list"]):
        done = quoth(*command, "--library", str(shelf))
        assert (done.status, done.err) == (0, "")
        assert done.out.splitlines() == expected


def test_the_list_as_json(inside: Quoth, shelf: Path) -> None:
    for command in (["articles"], ["articles", "list"]):
        rows = inside(*command, "--json", "--library", str(shelf)).objects
        assert [list(row) for row in rows] == [["id", "date", "title", "source"]] * 4
        by_id = {row["id"]: row for row in rows}
        for article in ARTICLES:
            row = by_id[str(article["id"])]
            assert row == {key: article[key] for key in ("id", "date", "title", "source")}


def test_show_in_a_pipe_gives_the_exact_text(quoth: Quoth, shelf: Path) -> None:
    done = quoth("articles", "show", "bakery", "--library", str(shelf))
    assert (done.status, done.err) == (0, "")
    assert done.out == f"A bakery 🥐 opens\n2022-03-15 · Norðri\n\n{BAKERY}\n"


def test_show_gives_even_a_hostile_text_exactly(inside: Quoth, tmp_path: Path) -> None:
    text = "  Tabs\tand \x07 bells, \u202eturned\u202c, \u2028 a\u00a0b\n\n\n e\u0301 end. "
    row = {"id": "odd", "title": "Odd", "text": text}
    (tmp_path / "odd.jsonl").write_text(json.dumps(row) + "\n")
    inside("index", "odd.jsonl")
    assert inside("articles", "show", "odd").out == f"Odd\n\n{text}\n"
    assert inside("articles", "show", "odd", "--json").object["text"] == text


def test_show_as_json_has_everything(inside: Quoth, shelf: Path) -> None:
    for article in ARTICLES:
        done = inside("articles", "show", str(article["id"]), "--json", "--library", str(shelf))
        shown = done.object
        assert list(shown) == ["id", "title", "date", "source", "url", "text", "sha256"]
        assert {key: shown[key] for key in article} == article


def test_remove_removes_it_from_every_answer(indexed: Quoth) -> None:
    done = indexed("articles", "remove", "bridge")
    assert (done.status, done.out, done.err) == (0, "removed bridge\n", "")
    ids = [row["id"] for row in indexed("articles", "list", "--json").objects]
    assert ids == ["harvest", "bakery", "lighthouse"]
    asked = indexed("ask", "How much will the repairs of the bridge cost?", "--json").object
    assert "bridge" not in [quote["article"]["id"] for quote in asked["quotes"]]
    assert asked["library"]["articles"] == 3
    assert indexed("articles", "remove", "bridge").status == 1


def test_removing_what_is_not_there_commits_nothing(indexed: Quoth) -> None:
    before = indexed("status", "--json").object["generation"]
    assert indexed("articles", "remove", "nobody").status == 1
    assert indexed("status", "--json").object["generation"] == before


def test_a_removed_article_comes_back_when_its_file_is_indexed(
    indexed: Quoth, tmp_path: Path
) -> None:
    indexed("articles", "remove", "bridge")
    (tmp_path / "else.txt").write_text("Else\n\nSomething else.\n")
    assert indexed("index", "else.txt").out.startswith("1 added")
    assert indexed("articles", "show", "bridge").status == 1
    assert indexed("index", "articles.jsonl").out.startswith("1 added")
    assert indexed("articles", "show", "bridge").status == 0


def test_what_was_added_in_discord_is_removed_for_good(indexed: Quoth, tmp_path: Path) -> None:
    mine = own_article_id(7, "talks")
    upload = made_of("talks", "The talks began.", title="The talks")
    refused = indexed("articles", "remove", mine)
    assert refused.status == 1
    assert "discord.sqlite: not there" in refused.error
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as store:
        uploads.add(store, 7, 1, [upload])
        indexer = UploadIndexer(store, tmp_path / "library", load_encoder())
        indexer.run(IndexRequest("sync"), lambda *_: None)
        assert f"  {mine}  The talks" in indexed("articles").out
        assert indexed("articles", "remove", mine).out == f"removed {mine}\n"
        assert indexed("articles", "remove", mine).status == 1
        indexer.run(IndexRequest("reindex", 7, 1), lambda *_: None)
        assert mine not in indexed("articles").out
        # What waits to be indexed is not, and what the bot's file does not know goes, too.
        uploads.add(store, 7, 1, [upload])
        assert indexed("articles", "remove", mine).status == 0
        indexer.run(IndexRequest("sync"), lambda *_: None)
        assert mine not in indexed("articles").out
        build(tmp_path / "library", load_encoder(), [own_article(8, upload)])
        assert indexed("articles", "remove", own_article_id(8, "talks")).status == 0


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["remove"]])
@pytest.mark.parametrize("article_id", ["nosuch", "", "BRIDGE", "a\0b", "\ud800", "a\nb\x1b[31m"])
def test_an_unknown_id_is_one_line(
    inside: Quoth, shelf: Path, command: list[str], article_id: str
) -> None:
    done = inside("articles", *command, "--library", str(shelf), "--", article_id)
    assert done.status == 1
    assert "no article of that id" in done.error
    assert "quoth articles list" in done.error
    assert inside("status", "--json", "--library", str(shelf)).object["articles"] == 4


def test_an_id_of_odd_bytes_is_one_line(quoth: Quoth, shelf: Path) -> None:
    for command in ("show", "remove"):
        done = quoth("articles", command, b"\xff", "--library", str(shelf))
        assert done.status == 1
        assert "no article of that id" in done.error


def test_an_id_may_look_like_a_flag_or_a_path(inside: Quoth, tmp_path: Path) -> None:
    ids = ["--json", "-h", "a b/c", "ünï🙂", "%41'\""]
    write_jsonl(
        tmp_path / "a.jsonl",
        [{"id": name, "title": "T", "text": f"Text {n}."} for n, name in enumerate(ids)],
    )
    inside("index", "a.jsonl")
    for name in ids:
        assert inside("articles", "show", "--json", "--", name).object["id"] == name
        assert inside("articles", "remove", "--", name).out == f"removed {name}\n"
