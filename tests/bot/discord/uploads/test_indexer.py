"""Uploads: parsed as files are, stored, indexed, and visible to one server alone."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.errors import UploadError
from bot.discord.storage import audit_log, uploads
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX, own_article_id, own_source, visible_to
from bot.discord.storage.schema import TABLES
from bot.discord.storage.uploads import AddResult
from bot.discord.uploads import file_reader
from bot.discord.uploads.file_reader import MAX_BYTES, file_problem, read_upload, safe_file_name
from bot.discord.uploads.indexer import IndexRequest, IndexResult, UploadIndexer
from retrieval.documents.formats.article_fields import MAX_ID, ArticleFields, make_article
from retrieval.errors import LibraryError, ReadingError
from retrieval.library.local.lock import writer_lock
from retrieval.library.local.rebuild import rebuild
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from tests.support.articles import (
    answerer_of,
    article,
    contents,
    ids,
    mirror,
    write_jsonl,
    write_txt,
)
from tests.support.encoders import ReadableEncoder

ONE, TWO, ADA = 1001, 1002, 5


@pytest.fixture
def encoder() -> ReadableEncoder:
    return ReadableEncoder()


@pytest.fixture
def indexer(tmp_path: Path, encoder: ReadableEncoder) -> Iterator[UploadIndexer]:
    folder = tmp_path / "articles"
    write_txt(folder, "public", "The river rose over night.")
    mirror(tmp_path / "library", encoder, folder)
    store = Store(tmp_path / "discord.sqlite", TABLES)
    yield UploadIndexer(store, tmp_path / "library", encoder)
    store.close()


def folder_of(indexer: UploadIndexer) -> Path:
    assert isinstance(indexer.library, Path)
    return indexer.library


def add(indexer: UploadIndexer, server: int, name: str, text: str | bytes) -> IndexResult:
    data = text if isinstance(text, bytes) else text.encode()
    return indexer.run(IndexRequest("file", server, ADA, name, data), lambda *_: None)


def sync(indexer: UploadIndexer) -> None:
    indexer.run(IndexRequest("sync"), lambda *_: None)


def seen(indexer: UploadIndexer, server: int | None, question: str = "river talks") -> set[str]:
    """The ids of what a question finds in a server."""
    answerer = answerer_of(folder_of(indexer), indexer.encoder, 0.0)
    try:
        quotes = answerer.ask(question, 50, visible_to(server)).quotes
        return {quote.article.id for quote in quotes}
    finally:
        answerer.close()


def test_what_a_server_adds_it_alone_can_ask_about(indexer: UploadIndexer) -> None:
    done = add(indexer, ONE, "talks.txt", "date 2022-03-29 The talks\n\nThe talks began.\n")
    assert done == IndexResult(AddResult(added=("The talks",)), (), 1)
    mine = own_article_id(ONE, "talks")
    assert seen(indexer, ONE) == {"public", mine}
    assert seen(indexer, TWO) == seen(indexer, None) == {"public"}
    assert not contents(folder_of(indexer))["pending"]
    # The same name in another server is another article.
    add(indexer, TWO, "talks.txt", "Other talks\n\nThe talks failed.\n")
    assert seen(indexer, ONE) == {"public", mine}
    assert seen(indexer, TWO) == {"public", own_article_id(TWO, "talks")}


def test_what_a_file_says_of_itself_makes_it_nobody_elses(indexer: UploadIndexer) -> None:
    row = {"id": "public", "title": "T", "text": "The talks began.", "source": own_source(TWO)}
    add(indexer, ONE, "x.jsonl", json.dumps(row))
    assert seen(indexer, TWO) == {"public"}
    assert seen(indexer, ONE) == {"public", own_article_id(ONE, "public")}
    row["id"] = own_article_id(TWO, "theirs")
    add(indexer, ONE, "x.jsonl", json.dumps(row | {"text": "Talks again."}))
    assert seen(indexer, TWO) == {"public"}


def test_a_source_that_is_named_like_discord_is_no_servers_own(
    indexer: UploadIndexer, tmp_path: Path, encoder: ReadableEncoder
) -> None:
    rows: list[dict[str, str] | str] = [
        {"id": f"{n}", "title": "T", "text": f"River number {n}.", "source": source}
        for n, source in enumerate(["Discord: a blog", f"discord:{ONE}", own_source(ONE)])
    ]
    write_jsonl(tmp_path / "blog.jsonl", rows)
    mirror(folder_of(indexer), encoder, tmp_path / "articles", tmp_path / "blog.jsonl")
    for server in (ONE, TWO, None):
        assert seen(indexer, server, "river number") == {"public", "0", "1", "2"}


spaces = st.sampled_from([" ", "  ", "\t", "\u00a0", "\u2003 ", "\u2029", "\x1f"])
like_private = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(["discord:", "DISCORD:", " discord:"]),
    spaces,
    spaces,
    st.text(max_size=5),
)


@given(st.text(min_size=1) | like_private | st.just(own_source(ONE)))
def test_no_file_can_say_that_it_is_a_servers_own(said: str) -> None:
    try:
        made = make_article(ArticleFields(id=said, title="T", source=said, text="Words."), "x.md")
    except ReadingError:
        return
    for name in (made.id, made.source or ""):
        assert not name.lower().startswith(OWN_SOURCE_PREFIX)


def test_it_survives_whatever_is_done_to_the_library(
    indexer: UploadIndexer, tmp_path: Path, encoder: ReadableEncoder
) -> None:
    add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.\n")
    both = {"public", own_article_id(ONE, "talks")}
    mirror(folder_of(indexer), encoder, tmp_path / "articles")
    assert ids(folder_of(indexer)) == both
    mirror(folder_of(indexer), encoder, tmp_path)  # which the bot's own file is in
    assert {each for each in ids(folder_of(indexer)) if "discord" in each} == {
        own_article_id(ONE, "talks")
    }
    rebuild(folder_of(indexer), encoder, Reporter())
    assert own_article_id(ONE, "talks") in ids(folder_of(indexer))
    shutil.rmtree(folder_of(indexer))
    mirror(folder_of(indexer), encoder, tmp_path / "articles")
    assert ids(folder_of(indexer)) == {"public"}
    sync(indexer)
    assert ids(folder_of(indexer)) == both
    assert seen(indexer, TWO) == {"public"}


def test_removed_put_back_and_added_again(indexer: UploadIndexer) -> None:
    text = "The talks\n\nThe talks began.\n"
    add(indexer, ONE, "talks.txt", text)
    mine = own_article_id(ONE, "talks")
    (there,) = uploads.articles(indexer.store, [mine])
    assert not uploads.remove(indexer.store, TWO, ADA, there)  # not theirs
    assert uploads.remove(indexer.store, ONE, ADA, there)
    assert not uploads.remove(indexer.store, ONE, ADA, there)  # two clicks at once
    sync(indexer)
    assert seen(indexer, ONE) == {"public"}
    assert uploads.undo_removal(indexer.store, TWO, ADA, mine) is None
    assert uploads.undo_removal(indexer.store, ONE, ADA, mine) == "The talks"
    assert uploads.undo_removal(indexer.store, ONE, ADA, mine) is None
    sync(indexer)
    assert seen(indexer, ONE) == {"public", mine}
    uploads.remove(indexer.store, ONE, ADA, there)
    assert add(indexer, ONE, "talks.txt", text).added.added == ("The talks",)
    assert seen(indexer, ONE) == {"public", mine}
    assert [entry.action for entry in audit_log.latest(indexer.store, ONE, 10)] == [
        "added “The talks”",
        "removed “The talks”",
        "put back “The talks”",
        "removed “The talks”",
        "added “The talks”",
    ]
    assert audit_log.latest(indexer.store, TWO, 10) == []


def test_whoever_runs_the_bot_can_remove_for_good(indexer: UploadIndexer) -> None:
    add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.\n")
    mine = own_article_id(ONE, "talks")
    assert uploads.remove_as_operator(indexer.store, mine)
    assert not uploads.remove_as_operator(indexer.store, mine)
    sync(indexer)
    assert seen(indexer, ONE) == {"public"}
    entry, _ = audit_log.latest(indexer.store, ONE, 5)
    assert (entry.user, entry.action) == (audit_log.OPERATOR, "removed “The talks”")


def test_a_lost_store_shows_nobody_anything_and_can_be_removed_from(
    indexer: UploadIndexer, tmp_path: Path
) -> None:
    add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.\n")
    mine = own_article_id(ONE, "talks")
    (there,) = uploads.articles(indexer.store, [mine])
    empty = Store(tmp_path / "new.sqlite", TABLES)
    again = UploadIndexer(empty, folder_of(indexer), indexer.encoder)
    sync(again)
    assert seen(again, ONE) == {"public", mine}
    assert seen(again, TWO) == {"public"}
    assert uploads.remove(empty, ONE, ADA, there)
    sync(again)
    assert ids(folder_of(again)) == {"public"}
    assert uploads.undo_removal(empty, ONE, ADA, mine) == "The talks"
    sync(again)
    assert seen(again, ONE) == {"public", mine}
    empty.close()


def test_what_is_there_already_and_what_changed(indexer: UploadIndexer) -> None:
    text = "The talks\n\nThe talks began.\n"
    add(indexer, ONE, "talks.txt", text)
    generation = answerer_of(folder_of(indexer), indexer.encoder, 0).ask("talks").library.generation
    assert add(indexer, ONE, "talks.txt", text).added == AddResult(unchanged=("The talks",))
    assert add(indexer, ONE, "copy.txt", text).added == AddResult(unchanged=("The talks",))
    now = answerer_of(folder_of(indexer), indexer.encoder, 0).ask("talks").library.generation
    assert now == generation
    changed = add(indexer, ONE, "talks.txt", "The talks\n\nThe talks ended.\n")
    assert changed.added == AddResult(updated=("The talks",))
    answer = answerer_of(folder_of(indexer), indexer.encoder, 0).ask("talks", 1, visible_to(ONE))
    assert answer.quotes[0].text == "The talks ended."
    assert add(indexer, TWO, "talks.txt", text).added == AddResult(added=("The talks",))


def test_what_was_kept_while_another_wrote_comes_in_with_the_next(
    indexer: UploadIndexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.uploads.indexer._WRITER_TIMEOUT", 0.0)
    with writer_lock(folder_of(indexer)):
        deferred = add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.\n").deferred
        assert deferred is not None
        assert "is writing; wait until it is done" in deferred
        with pytest.raises(LibraryError, match="is writing"):
            sync(indexer)
    assert seen(indexer, ONE) == {"public"}
    sync(indexer)
    assert seen(indexer, ONE) == {"public", own_article_id(ONE, "talks")}


@pytest.mark.parametrize(
    "changed", ["The talks\n\nThe talks ended.", "New talks\n\nThe talks began."]
)
def test_an_update_that_was_not_indexed_is_with_the_next(
    indexer: UploadIndexer, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    monkeypatch.setattr("bot.discord.uploads.indexer._WRITER_TIMEOUT", 0.0)
    add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.")
    with writer_lock(folder_of(indexer)):
        assert add(indexer, ONE, "talks.txt", changed).deferred
    sync(indexer)
    (row,) = [
        row
        for row in contents(folder_of(indexer))["articles"]
        if row[0] == own_article_id(ONE, "talks")
    ]
    assert f"{row[1]}\n\n{row[5]}" == changed


def test_reindexing_mends_what_was_damaged(indexer: UploadIndexer) -> None:
    add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.\n")
    mine = own_article_id(ONE, "talks")
    with LocalWriter(folder_of(indexer)) as writer, writer.commit() as change:
        change.put(article(mine, "Something else.", source=own_source(ONE)), "test")
    stages = []
    indexer.run(IndexRequest("reindex", ONE, ADA), lambda *step: stages.append(step))
    assert seen(indexer, ONE, "talks began") == {"public", mine}
    assert ("Indexing", 0, 1) in stages


def test_a_server_can_keep_so_many(indexer: UploadIndexer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_ARTICLES", 2)
    rows = [json.dumps({"id": f"{n}", "title": f"T{n}", "text": f"Talks {n}."}) for n in range(3)]
    with pytest.raises(UploadError, match="can keep 2 articles, and with these it would have 3"):
        add(indexer, ONE, "x.jsonl", "\n".join(rows))
    assert uploads.states(indexer.store) == {}
    add(indexer, ONE, "x.jsonl", "\n".join(rows[:2]))
    add(indexer, TWO, "x.jsonl", rows[2])
    with pytest.raises(UploadError):
        add(indexer, ONE, "x.jsonl", rows[2])


def test_a_server_can_keep_so_much_what_was_removed_included(
    indexer: UploadIndexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_CHARACTERS", 2_500)

    def put(name: str, server: int = ONE) -> None:
        add(indexer, server, f"{name}.txt", f"{name}\n\n{f'洪水 {name}. ' * 100}")

    put("one")
    put("two")
    with pytest.raises(UploadError, match="can keep 2,500 characters, and with these it would"):
        put("three")
    put("three", TWO)
    assert len(uploads.states(indexer.store, ONE)) == 2
    (one,) = uploads.articles(indexer.store, [own_article_id(ONE, "one")])
    assert uploads.remove(indexer.store, ONE, ADA, one)
    put("three")  # for which the words of what was removed make room
    assert uploads.articles(indexer.store, [one.id]) == []
    assert uploads.undo_removal(indexer.store, ONE, ADA, one.id) is None
    with LocalWriter(folder_of(indexer)) as writer, writer.commit() as change:
        change.put(one, "as a rollback does")
    sync(indexer)
    assert one.id not in ids(folder_of(indexer))


def test_one_upload_does_not_encode_for_all_for_ever(
    indexer: UploadIndexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.uploads.indexer._ENCODE_TIMEOUT", 0.0)
    add(indexer, ONE, "talks.txt", "The talks\n\nThe talks began.\n")
    assert contents(folder_of(indexer))["pending"]
    assert seen(indexer, ONE, "talks") >= {own_article_id(ONE, "talks")}  # by its words
    monkeypatch.setattr("bot.discord.uploads.indexer._ENCODE_TIMEOUT", 60.0)
    sync(indexer)
    assert not contents(folder_of(indexer))["pending"]


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("a.pdf", b"%PDF", "a.pdf: not a kind of file that I read; those are .txt .md .html"),
        ("article", b"words", "article: not a kind of file"),
        ("a.txt", b"", "a.txt: empty"),
        ("a.txt", b" \n ", "a.txt: empty"),
        ("a.txt", b"Title alone", "a.txt: has a title but no text"),
        ("a.txt", b"x" * (MAX_BYTES + 1), "a.txt: 10 MB, and the most that I take is 10 MB"),
        ("a.txt", b"\x00\x01\x02", "a.txt: looks like a binary file"),
        ("a.txt", b"\xff\xfea\x00", "a.txt: UTF-16, not UTF-8"),
        ("a.txt", b"Title\n\nCaf\xe9", "a.txt: not UTF-8"),
        ("a.html", b"<html></html>", "a.html: "),
        ("a.jsonl", b"{", "a.jsonl:1: "),
        ("a.jsonl.gz", b"not gzip", "a.jsonl.gz:1: the gzip file is damaged"),
        ("a.jsonl", b'{"question": "Who?", "answers": []}', "holds questions, not articles"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_told_in_one_clear_line(
    indexer: UploadIndexer, name: str, data: bytes, line: str
) -> None:
    with pytest.raises(UploadError) as caught:
        add(indexer, ONE, name, data)
    said = str(caught.value)
    assert line in said
    assert "\n" not in said
    assert "/tmp" not in said  # noqa: S108 - no folder of this machine
    assert uploads.states(indexer.store) == {}


def test_good_lines_come_in_and_bad_ones_are_named(indexer: UploadIndexer) -> None:
    good = json.dumps({"id": "1", "title": "Talks", "text": "The talks began."})
    done = add(indexer, ONE, "x.jsonl", "\n".join([good, *["{"] * 5]))
    assert done.added.added == ("Talks",)
    assert len(done.problems) == 4
    assert done.problems[0].startswith("x.jsonl:2: ")
    assert done.problems[3] == "and 2 more like these"


def test_what_unpacks_to_very_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "MAX_CHARACTERS", 100_000)
    long = [json.dumps({"id": f"{n}", "title": "T", "text": "words " * 10_000}) for n in range(3)]
    with pytest.raises(UploadError, match="more than I take at once"):
        read_upload("x.jsonl.gz", gzip.compress("\n".join(long).encode()))
    many = "".join(
        json.dumps({"id": f"{n}", "title": "T", "text": "x"}) + "\n" for n in range(3000)
    )
    with pytest.raises(UploadError, match="more than I take at once"):
        read_upload("x.jsonl", many.encode())


def test_what_unpacks_to_too_many_bytes_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "_MAX_UNPACKED", 1_000_000)
    monkeypatch.setattr(file_reader, "read_file", None)
    with pytest.raises(UploadError, match=r"^a\.jsonl\.gz: unpacks to more than 1 MB"):
        read_upload("a.jsonl.gz", gzip.compress(b"\n" * 3_000_000))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("talks.txt", "talks.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\windows\\a.md", "a.md"),
        ("/etc/cron.d/x.html", "x.html"),
        (".hidden.txt", "hidden.txt"),
        ("a\x00b\n.txt", "a b.txt"),
        ("\u202egnp.txt", "gnp.txt"),
        ("x" * 300 + ".jsonl.gz", "x" * 100 + ".jsonl.gz"),
        ("Überschwemmung 洪水.txt", "Überschwemmung 洪水.txt"),
        ("..", "article"),
        ("", "article"),
    ],
)  # fmt: skip
def test_a_path_in_a_name_is_harmless(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


@pytest.mark.parametrize("name", ["報" * 100, "😀" * 100, "e\u0301" * 60])
@pytest.mark.parametrize("suffix", [".txt", ".TXT", ".jsonl"])
def test_a_name_of_more_bytes_than_a_file_can_have(
    indexer: UploadIndexer, name: str, suffix: str
) -> None:
    row = json.dumps({"title": "Talks", "text": "The talks began."})
    text = row if suffix == ".jsonl" else "Talks\n\nThe talks began."
    assert add(indexer, ONE, safe_file_name(name + suffix), text).added.added == ("Talks",)
    (article_id,) = uploads.states(indexer.store)
    assert article_id.startswith(own_article_id(ONE, name[:100]))
    with pytest.raises(UploadError) as caught:
        add(indexer, ONE, safe_file_name(name + suffix), "{")
    assert str(caught.value).startswith(safe_file_name(name + suffix))


@given(st.text() | st.sampled_from(["..", "../", "/", "..\\..", "a/../b", "~/x", "%2e%2e/"]).map(
    lambda start: f"{start}.txt"
))  # fmt: skip
def test_no_name_leaves_its_folder(name: str) -> None:
    safe = safe_file_name(name)
    assert safe
    assert len(safe) <= 125
    assert not {"/", "\\", "\0", "\n"} & set(safe)
    assert not safe.startswith(".")
    if file_problem(safe, 5) is None:
        try:
            found, _ = read_upload(safe, b"Title\n\nWords.")
        except UploadError:
            return
        assert all(len(own_article_id(2**63, each.id)) <= MAX_ID for each in found)


@given(st.text(min_size=1, max_size=MAX_ID), st.text(min_size=1, max_size=MAX_ID))
def test_ids_of_two_servers_are_never_the_same(mine: str, theirs: str) -> None:
    assert own_article_id(ONE, mine) != own_article_id(TWO, theirs)
    assert own_article_id(1, mine) != own_article_id(11, theirs)
    assert (own_article_id(ONE, mine) == own_article_id(ONE, theirs)) == (mine == theirs)
    assert len(own_article_id(ONE, mine)) <= MAX_ID
