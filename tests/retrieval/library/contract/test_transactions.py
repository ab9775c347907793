"""Pages, feeds and what servers upload, in every kind of library."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.discord.storage.database import Store
from bot.discord.storage.ownership import visible_to
from bot.discord.storage.schema import TABLES
from bot.discord.uploads import listing
from bot.discord.uploads.indexer import IndexRequest, UploadIndexer
from retrieval.answering.answerer import Answerer
from retrieval.documents.article import Article
from retrieval.errors import ReadingError
from retrieval.ingest.web.page_parser import Page
from retrieval.ingest.web.page_storage import store_page
from retrieval.ingest.web.subscriptions import unfollow
from retrieval.library import follows_feeds
from retrieval.library import open as open_library
from retrieval.library.base import LibraryReader
from retrieval.library.feed_records import FeedRecord, ItemRecord
from retrieval.library.location import Location
from retrieval.library.progress import Change, Reporter
from retrieval.library.writing import Transaction
from tests.support.articles import article, reader
from tests.support.encoders import ScatteredEncoder

FEED, OTHER = "https://news.example/feed", "https://news.example/other"
PAGE = "https://news.example/tram"
WORDS = "The tram to the harbour opened on Friday, in the rain and before four hundred people."
ONE, TWO, ADA = 1001, 1002, 5


@contextmanager
def changing(place: Location, encoder: ScatteredEncoder) -> Iterator[Transaction]:
    with (
        open_library(place).session(encoder, Reporter()) as session,
        session.transaction() as change,
    ):
        yield change


@contextmanager
def reading(place: Location) -> Iterator[LibraryReader]:
    with closing(open_library(place).reader()) as opened, opened.snapshot():
        yield opened


def item(guid: str, feed: str = FEED, page: str = PAGE, date: str | None = None) -> ItemRecord:
    return ItemRecord(feed, guid, f"{page}?from={guid}", page, None, date, "listed")


def keep(
    place: Location, encoder: ScatteredEncoder, page: Page, of: ItemRecord | None = None
) -> Change | ReadingError:
    with changing(place, encoder) as change:
        return store_page(change, page, page.address, of)


def page_of(address: str, text: str) -> Page:
    made = article(address.rpartition("/")[2], text)
    return Page(address, dataclasses.replace(made, url=address))


def test_feeds_and_their_items_are_kept(place: Location, encoder: ScatteredEncoder) -> None:
    assert not follows_feeds(place)
    with changing(place, encoder) as change:
        assert not change.feeds.has(FEED)
        for address in (FEED, OTHER):
            change.feeds.put(FeedRecord(address))
        assert change.feeds.has(FEED)
        assert change.feeds.list_item(item("a"))
        assert change.feeds.list_item(item("b", date="2024-05-01"))
    assert follows_feeds(place)
    with reading(place) as library:
        assert library.feeds.records() == [FeedRecord(FEED), FeedRecord(OTHER)]
        assert [each.guid for each in library.feeds.waiting_items(FEED)] == ["b", "a"]
        assert library.feeds.item_counts(FEED) == (0, 2)
        assert library.feeds.waiting_items(OTHER) == []
    with changing(place, encoder) as change:
        change.feeds.put(FeedRecord(FEED, title="News", failures=1))
        change.feeds.put_item(dataclasses.replace(item("a"), taken="listed", article="x"))
        change.feeds.postpone_items(FEED, 77)
        change.feeds.put_item(item("c", feed="https://gone.example/"))
        # What another feed brought already is not fetched again, until it says other things.
        assert not change.feeds.list_item(item("a2", OTHER))
        assert change.feeds.list_item(
            dataclasses.replace(item("a2", OTHER), wanted="said otherwise")
        )
    with reading(place) as library:
        assert library.feeds.records()[0] == FeedRecord(FEED, title="News", failures=1)
        (waiting,) = library.feeds.waiting_items(FEED)
        assert (waiting.guid, waiting.due) == ("b", 77)
        assert library.feeds.item_counts(FEED) == (1, 1)
        assert library.feeds.waiting_items("https://gone.example/") == []
    with changing(place, encoder) as change:
        assert change.feeds.remove(FEED)
        assert not change.feeds.has(FEED)
    with reading(place) as library:
        assert [each.address for each in library.feeds.records()] == [OTHER]
        assert library.feeds.waiting_items(FEED) == []
    with changing(place, encoder) as change:
        assert not change.feeds.remove(FEED)


def test_a_page_is_one_article_however_its_address_changes(
    place: Location, encoder: ScatteredEncoder
) -> None:
    with changing(place, encoder) as change:
        change.feeds.put(FeedRecord(FEED))
        change.feeds.list_item(item("a"))
    assert keep(place, encoder, page_of(PAGE, WORDS), item("a")) == "added"
    assert keep(place, encoder, page_of(PAGE, WORDS), item("a")) == "unchanged"
    # The same words at the same address with another query are the same page.
    assert keep(place, encoder, page_of(f"{PAGE}?page=1", WORDS)) == "unchanged"
    assert keep(place, encoder, page_of(f"{PAGE}?page=2", f"{WORDS} Others stayed.")) == "added"
    assert keep(place, encoder, page_of(PAGE, "The tram stopped again.")) == "updated"
    with reading(place) as library:
        assert len([*library.list_articles()]) == 2
        assert [*library.ids_from(PAGE)] == ["tram"]
        assert library.feeds.item_counts(FEED) == (1, 0)
    with closing(Answerer(place, encoder, reader(), 0.0)) as answerer:
        assert "tram" in {each.article.id for each in answerer.ask("did the tram stop?", 9).quotes}
    assert open_library(place).verify(Reporter()).lines() == []


def test_a_page_that_came_by_an_import_is_known_by_its_words(
    place: Location, encoder: ScatteredEncoder
) -> None:
    page = page_of(PAGE, WORDS)
    with open_library(place).session(encoder, Reporter()) as session:
        session.put(page.article, page.address)
        session.commit()
        session.finish()
    assert keep(place, encoder, page_of(f"{PAGE}?page=1", WORDS)) == "unchanged"


def test_what_a_feed_alone_brought_goes_with_it(place: Location, encoder: ScatteredEncoder) -> None:
    pages = [f"https://news.example/{name}" for name in ("both", "mine")]
    with changing(place, encoder) as change:
        for address in (FEED, OTHER):
            change.feeds.put(FeedRecord(address))
        for page in pages:
            change.feeds.list_item(item(page, page=page))
    for page in pages:
        keep(place, encoder, page_of(page, f"Words of {page}."), item(page, page=page))
    with changing(place, encoder) as change:
        assert not change.feeds.list_item(item("same", OTHER, pages[0]))
    assert unfollow(FEED, place, with_articles=True) == 1
    with reading(place) as library:
        assert [each.id for each in library.list_articles()] == ["both"]
    assert open_library(place).verify(Reporter()).lines() == []


def test_an_error_inside_leaves_it_as_it_was(place: Location, encoder: ScatteredEncoder) -> None:
    with changing(place, encoder) as change:
        change.put(article("kept", WORDS), "a.txt")

    def fail(change: Transaction) -> None:
        change.put(article("lost", WORDS), "b.txt")
        assert change.remove("kept")
        change.feeds.put(FeedRecord(FEED))
        raise KeyError

    with pytest.raises(KeyError), changing(place, encoder) as change:
        fail(change)
    assert not follows_feeds(place)
    with reading(place) as library:
        assert [each.id for each in library.list_articles()] == ["kept"]
    assert open_library(place).verify(Reporter()).lines() == []


def test_lists_of_articles(place: Location, encoder: ScatteredEncoder) -> None:
    made: list[Article] = [
        article(f"{n}", WORDS, title=title, source=source, date=f"2022-01-0{n}")
        for n, (title, source) in enumerate(
            [("High water", "Tass"), ("Straße", "kept:  1"), ("Low water", None)], start=1
        )
    ]
    with changing(place, encoder) as change:
        for each in made:
            change.put(each, "a.jsonl")
    with reading(place) as library:
        assert [each.id for each in library.list_articles()] == ["3", "2", "1"]
        assert [*library.sources_with("as")] == ["Tass"]
        assert [each.id for each in library.articles_of("kept:")] == ["2"]
        assert [each.id for each in library.others("kept:", ["WATER"], 0, 9)] == ["3", "1"]
        assert [each.id for each in library.others("kept:", [], 1, 1)] == ["1"]
        assert library.count_others("kept:", ["water"]) == 2
        head = library.head("2")
        assert head is not None and head.same_as(made[1]) and head.file == "a.jsonl"
        assert library.head("4") is None


def test_what_a_server_uploads_it_alone_can_ask_about(
    place: Location, encoder: ScatteredEncoder, tmp_path: Path
) -> None:
    with closing(Store(tmp_path / "discord.sqlite", TABLES)) as store:
        indexer = UploadIndexer(store, place, encoder)

        def add(server: int, name: str, text: str) -> None:
            request = IndexRequest("file", server, ADA, name, text.encode())
            assert indexer.run(request, lambda *_: None).deferred is None

        add(ONE, "talks.txt", "The talks\n\nThe talks began.\n")
        add(TWO, "talks.txt", "Other talks\n\nThe talks failed.\n")
        with closing(Answerer(place, encoder, reader(), 0.0)) as answerer:
            for server, wanted in ((ONE, "The talks began."), (TWO, "The talks failed.")):
                quotes = answerer.ask("what of the talks?", 9, visible_to(server)).quotes
                assert [each.text for each in quotes] == [wanted]
        with reading(place) as library:
            assert [e.title for e in listing.own_articles(library, store, ONE)] == ["The talks"]
            assert listing.out_of_sync(library, store) == ([], [])
    assert open_library(place).verify(Reporter()).lines() == []
