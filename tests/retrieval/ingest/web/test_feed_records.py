"""What is known of feeds and items, in the truth."""

import dataclasses
from pathlib import Path

import pytest

from retrieval.errors import LibraryError, MismatchError
from retrieval.ingest.web.subscriptions import unfollow
from retrieval.library.feed_records import FeedRecord, ItemRecord
from retrieval.library.local.feeds import LocalFeeds
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.rebuild import rebuild
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from tests.retrieval.ingest.web.conftest import Shelf
from tests.support.articles import article, build, ids, mirror, truth, write_jsonl, write_txt
from tests.support.encoders import ReadableEncoder
from tests.support.site_server import Site, item

FEED = FeedRecord("https://feed.example/", "Title", '"1"', "Thu", 5, 6, 7, "problem")
ITEM = ItemRecord(
    FEED.address, "guid", "https://a.example/?x", "https://a.example/", "Title", "2024-01-01",
    "wanted", "taken", "article", 3, 4,
)  # fmt: skip
WORDS = "The tram to the harbour opened on Friday, in the rain and before four hundred people. "


def test_a_rebuild_keeps_every_feed_and_item(tmp_path: Path) -> None:
    library, encoder = tmp_path / "library", ReadableEncoder()
    others = [dataclasses.replace(ITEM, guid=str(n), taken=None, article=None) for n in range(3)]
    build(library, encoder, [article("a", "The king spoke.")])
    with LocalWriter(library) as writer, writer.commit() as change:
        change.feeds.put(FEED)
        change.feeds.put(FeedRecord("https://other.example/"))
        for each in (ITEM, *others):
            change.feeds.put_item(each)
    old = truth(library)
    rebuild(library, encoder, Reporter())
    new = truth(library)
    assert LocalFeeds(new).records() == LocalFeeds(old).records() != []
    rows = "SELECT * FROM feed_items ORDER BY guid"
    assert new.execute(rows).fetchall() == old.execute(rows).fetchall()
    assert len(LocalFeeds(new).waiting_items(FEED.address)) == 4
    old.close()
    new.close()


def test_a_library_of_before_there_were_feeds_gets_none_by_a_rebuild(tmp_path: Path) -> None:
    library, encoder = tmp_path / "library", ReadableEncoder()
    build(library, encoder, [article("a", "The king spoke.")])
    old = truth(library)
    old.executescript("DROP TABLE feed_items; DROP TABLE feeds; PRAGMA user_version = 1;")
    old.close()
    with pytest.raises(MismatchError, match="run: quoth index --rebuild"):
        LocalReader(library)
    encoder.encoded.clear()
    rebuild(library, encoder, Reporter())
    assert encoder.encoded == []
    new = truth(library)
    assert LocalFeeds(new).records() == []
    assert ids(library) == {"a"}
    new.close()


def test_what_is_known_of_a_feed_can_change_without_its_items(tmp_path: Path) -> None:
    with LocalWriter(tmp_path / "a") as writer, writer.commit() as change:
        change.feeds.put(FEED)
        change.feeds.put_item(ITEM)
        change.feeds.put(dataclasses.replace(FEED, etag=None))
        assert len(change.feeds.waiting_items(FEED.address)) == 1
        assert change.feeds.records() == [dataclasses.replace(FEED, etag=None)]


def test_an_item_of_a_feed_that_was_removed_meanwhile_is_let_go(tmp_path: Path) -> None:
    with LocalWriter(tmp_path / "a") as writer, writer.commit() as change:
        change.feeds.put_item(ITEM)
        rows = change.changes.connection.execute("SELECT count(*) FROM feed_items").fetchone()
        assert rows == (0,)


def test_a_feed_is_removed_alone_or_with_what_came_from_it_only(site: Site, shelf: Shelf) -> None:
    both, one, page = (site.page(f"/{name}", WORDS * 3 + name) for name in ("both", "one", "page"))
    a = site.feed("/a", item(both, "1"), item(one, "2"))
    b = site.feed("/b", item(both, "1"))
    for feed in (a, b):
        shelf.follow(feed)
    shelf.index(page)
    shelf.sync()
    assert unfollow(b, shelf.library, with_articles=False) == 0
    assert set(shelf.articles()) == {both, one, page}
    shelf.follow(b)
    shelf.sync()
    assert unfollow(a, shelf.library, with_articles=True) == 1
    assert set(shelf.articles()) == {both, page}
    with pytest.raises(LibraryError, match="not followed"):
        unfollow(a, shelf.library, with_articles=True)
    assert shelf.sync().read == 1


def test_an_article_that_a_person_removed_stays_away_until_it_is_updated(
    site: Site, shelf: Shelf
) -> None:
    link = site.page("/tram", WORDS * 3)
    shelf.follow(site.feed("/feed", item(link, "a")))
    shelf.sync()
    with LocalWriter(shelf.library) as writer, writer.commit() as change:
        change.remove(link)
    shelf.sync()
    assert shelf.articles() == {}
    site.feed("/feed", item(link, "a", title="Corrected"))
    shelf.sync()
    assert set(shelf.articles()) == {link}


def test_an_article_of_a_file_is_not_overwritten(site: Site, shelf: Shelf, tmp_path: Path) -> None:
    link = site.page("/tram", WORDS * 3)
    rows = [{"id": link, "title": "T", "text": "As the archive has it."}]
    mirror(shelf.library, shelf.encoder, write_jsonl(tmp_path / "archive.jsonl", [*rows]))
    assert shelf.index(link).failed == 1
    assert shelf.told == [
        f"{link}: {tmp_path}/archive.jsonl has an article with the id {link} already;"
        " remove one of them"
    ]
    assert shelf.texts() == ["As the archive has it."]


def test_files_and_pages_do_not_touch_each_other(site: Site, shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write_txt(folder, "owl", "An owl moved in.")
    link = site.page("/tram", WORDS * 3)
    shelf.index(link)
    mirror(shelf.library, shelf.encoder, folder)
    (folder / "owl.txt").unlink()
    summary, _ = mirror(shelf.library, shelf.encoder, folder)
    assert summary.removed == 1
    assert set(shelf.articles()) == {link}
