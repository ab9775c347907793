"""Feeds come into the library: each item once, updated when it is, and nothing asked in vain."""

import time

import pytest

from retrieval.errors import FetchError, LibraryError, ReadingError
from retrieval.ingest.web import feed_parser
from tests.retrieval.ingest.web.conftest import Shelf
from tests.support.articles import truth
from tests.support.site_server import Reply, Site, atom, entry, item, page, rss

TRAM = (
    "Mayor Lindqvist opened the tram line to the harbour on Friday, in the rain and before some"
    " four hundred people who had waited for it for eleven years. The first tram left at nine in"
    " the morning and reached the harbour at a quarter past, three minutes before its time."
)
OWL = (
    "An owl moved into the town hall of Marlow in the night to Tuesday, and nobody minds. It sleeps"
    " on the beam above the stairs while the council meets, and the caretaker has put up a sign"
    " that asks visitors to speak quietly until it has raised its young."
)


def counts(done: object) -> dict[str, int]:
    names = ("read", "same", "added", "updated", "unchanged", "failed")
    return {name: value for name in names if (value := getattr(done, name))}


def test_the_articles_of_a_feed_come_from_their_pages(site: Site, shelf: Shelf) -> None:
    tram = site.page("/tram", TRAM, title="Tram opens", date="2023-06-02")
    owl = site.page("/owl?id=7&utm_source=rss", OWL)
    date = "Thu, 01 Jun 2023 08:00:00 GMT"
    shelf.follow(
        site.feed("/feed", item(tram, "a"), item(owl, "b", title="The <b>owl</b>", pubDate=date))
    )
    assert counts(shelf.sync()) == {"read": 1, "added": 2}
    assert shelf.told == []
    found = shelf.articles()
    assert set(found) == {tram, f"{site.address}/owl?id=7"}
    assert found[tram] | {"sha256": ""} == {
        "id": tram, "title": "Tram opens", "date": "2023-06-02", "source": "127.0.0.1",
        "url": tram, "text": TRAM, "sha256": "", "file": tram,
    }  # fmt: skip
    other = found[f"{site.address}/owl?id=7"]
    assert (other["title"], other["date"], other["text"]) == ("The owl", "2023-06-01", OWL)
    assert len(shelf.encoder.encoded) == 2
    connection = truth(shelf.library)
    assert connection.execute("SELECT count(*) FROM pending").fetchone() == (0,)
    connection.close()


def test_a_feed_that_has_not_changed_is_not_sent_again(site: Site, shelf: Shelf) -> None:
    tram = site.page("/tram", TRAM)
    for headers in ({"ETag": '"v1"'}, {"Last-Modified": "Thu, 01 Jun 2023 08:00:00 GMT"}):
        name = f"/{next(iter(headers))}"
        site.pages[name] = Reply(rss(item(tram)).encode(), headers=headers)
        shelf.follow(site.address + name)
        shelf.sync(site.address + name)
        site.requests.clear()
        assert counts(shelf.sync(site.address + name)) == {"same": 1}
        assert site.paths() == [name]
        assert site.requests[0].headers["user-agent"].startswith("Quoth/")


@pytest.mark.parametrize("guid", ["guid-1", None])
def test_an_item_is_one_however_its_query_changes(
    site: Site, shelf: Shelf, guid: str | None
) -> None:
    for query in ("", "?utm_source=a", "?utm_source=b&fbclid=1", "?session=1", "?session=2"):
        link = site.page(f"/tram{query}", TRAM)
        site.feed("/feed", item(link, guid))
        if not query:
            shelf.follow(f"{site.address}/feed")
        done = shelf.sync()
        assert done.failed == done.updated == 0
        assert [*shelf.articles()] == [f"{site.address}/tram"]


def test_a_page_that_states_its_address_is_one_even_when_its_words_change(
    site: Site, shelf: Shelf
) -> None:
    stated = f"{site.address}/tram"
    for n in range(3):
        link = site.page(f"/tram?session={n}", f"{TRAM} Take {n}.", canonical=stated)
        site.feed("/feed", item(link))
        if not n:
            shelf.follow(f"{site.address}/feed")
        shelf.sync()
        assert [*shelf.articles()] == [stated]
    assert shelf.texts() == [f"{TRAM} Take 2."]


def test_a_page_cannot_pass_itself_off_as_another_hosts(site: Site, shelf: Shelf) -> None:
    link = site.page("/tram", TRAM, canonical="https://elsewhere.example/news")
    shelf.index(link)
    assert shelf.articles()[link]["url"] == link


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"title": "Tram"}, {"title": "Tram delayed"}),
        ({"description": "It opens."}, {"description": "It opens late."}),
        (
            {"pubDate": "Thu, 01 Jun 2023 08:00:00 GMT"},
            {"pubDate": "Fri, 02 Jun 2023 08:00:00 GMT"},
        ),
    ],
)
def test_an_updated_item_is_updated(
    site: Site, shelf: Shelf, first: dict[str, str], second: dict[str, str]
) -> None:
    link = site.page("/tram", TRAM)
    shelf.follow(site.feed("/feed", item(link, "a", **first)))
    shelf.sync()
    site.page("/tram", OWL)
    site.requests.clear()
    assert counts(shelf.sync()) == {"read": 1, "unchanged": 1}
    assert site.paths() == ["/feed"]  # nothing says that it changed
    site.feed("/feed", item(link, "a", **second))
    assert counts(shelf.sync()) == {"read": 1, "updated": 1}
    assert shelf.texts() == [OWL]


def test_an_updated_entry_of_atom_is_updated(site: Site, shelf: Shelf) -> None:
    link = site.page("/tram", TRAM)
    site.pages["/feed"] = Reply(atom(entry(link, "urn:1")).encode())
    shelf.follow(f"{site.address}/feed")
    assert counts(shelf.sync()) == {"read": 1, "added": 1}
    assert shelf.articles()[link]["date"] == "2024-01-01"
    site.page("/tram", OWL)
    site.pages["/feed"] = Reply(atom(entry(link, "urn:1", updated="2024-02-01")).encode())
    assert counts(shelf.sync()) == {"read": 1, "updated": 1}


def test_pictures_and_counters_are_no_update(site: Site, shelf: Shelf) -> None:
    link = site.page("/tram", TRAM)
    for n in range(3):
        picture = f"&lt;img src='https://count.example/{n}'&gt;It opens."
        site.feed("/feed", item(f"{link}?n={n}", "a", description=picture))
        site.page(f"/tram?n={n}", TRAM)
        if not n:
            shelf.follow(f"{site.address}/feed")
        done = shelf.sync()
    assert counts(done) == {"read": 1, "unchanged": 1}


def test_an_item_that_moved_stays_one_article(site: Site, shelf: Shelf) -> None:
    shelf.follow(site.feed("/feed", item(site.page("/old", TRAM), "a")))
    shelf.sync()
    site.feed("/feed", item(site.page("/new", OWL), "a"))
    assert counts(shelf.sync()) == {"read": 1, "updated": 1}
    ((article_id, article),) = shelf.articles().items()
    assert article_id == f"{site.address}/old"
    assert (article["url"], article["text"]) == (f"{site.address}/new", OWL)


def test_one_guid_for_all_items_does_not_make_them_one(site: Site, shelf: Shelf) -> None:
    links = [site.page(f"/{n}", f"{TRAM} It was line {n}.") for n in range(3)]
    shelf.follow(site.feed("/feed", *(item(link, "same") for link in links)))
    for expected in ({"read": 1, "added": 3}, {"read": 1, "unchanged": 3}):
        assert counts(shelf.sync()) == expected


def test_a_page_in_two_feeds_is_asked_for_once(site: Site, shelf: Shelf) -> None:
    link = site.page("/tram", TRAM)
    shelf.follow(site.feed("/a", item(link, "1")))
    shelf.sync()
    shelf.follow(site.feed("/b", item(f"{link}?utm_medium=rss", "2")))
    shelf.sync()
    assert site.paths().count("/tram") == 1
    assert len(shelf.articles()) == 1


def test_what_a_feed_no_longer_lists_stays(site: Site, shelf: Shelf) -> None:
    shelf.follow(site.feed("/feed", item(site.page("/tram", TRAM))))
    shelf.sync()
    site.feed("/feed", item(site.page("/owl", OWL)))
    assert counts(shelf.sync()) == {"read": 1, "added": 1}
    assert shelf.texts() == [OWL, TRAM]


def test_relative_links_are_of_the_feeds_place(site: Site, shelf: Shelf) -> None:
    site.page("/news/tram", TRAM)
    site.feed("/news/feed", item("tram", "a"))
    shelf.follow(site.redirect("/feed", "/news/feed"))
    assert counts(shelf.sync()) == {"read": 1, "added": 1}


def test_a_feed_is_left_alone_for_a_while(
    site: Site, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = site.feed("/feed", item(site.page("/tram", TRAM)))
    shelf.follow(feed)
    assert counts(shelf.sync(force=False)) == {"read": 1, "added": 1}
    site.requests.clear()
    done = shelf.sync(force=False)
    assert [address for address, _ in done.early] == [feed]
    assert site.requests == []
    shelf.sync(force=True)
    assert site.paths() == ["/feed"]
    due = done.early[0][1]
    monkeypatch.setattr("retrieval.ingest.web.feed_sync.time.time", lambda: due + 1.0)
    assert counts(shelf.sync(force=False)) == {"read": 1, "unchanged": 1}
    # A clock that goes back does not keep it waiting until it comes by again.
    monkeypatch.setattr("retrieval.ingest.web.feed_sync.time.time", lambda: due - 1e8)
    assert counts(shelf.sync(force=False)) == {"read": 1, "unchanged": 1}


def test_a_named_feed_alone_is_synced_and_an_unknown_one_refused(site: Site, shelf: Shelf) -> None:
    a = site.feed("/a", item(site.page("/tram", TRAM)))
    b = site.feed("/b", item(site.page("/owl", OWL)))
    shelf.follow(a)
    shelf.follow(b)
    shelf.sync(b)
    assert shelf.texts() == [OWL]
    with pytest.raises(LibraryError, match=r"/c: not followed; run: quoth feeds add"):
        shelf.sync(f"{site.address}/c")
    with pytest.raises(LibraryError, match="followed already"):
        shelf.follow(a)


def test_what_failed_is_tried_again_later_and_less_and_less(
    site: Site, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = f"{site.address}/late"
    shelf.follow(site.feed("/feed", item(link)))
    clock = 2e9
    monkeypatch.setattr("retrieval.ingest.web.feed_sync.time.time", lambda: clock)
    tries = 0
    for hours in (0.5, 0.5, 1, 1, 1, 3, 5, 8, 8, 16, 20, 40, 100):
        before = site.paths().count("/late")
        shelf.sync(force=False)
        if site.paths().count("/late") > before:
            tries += 1
            assert shelf.told == [f"{link}: the server says 404 (Not Found)"]
        clock += hours * 3_600
    assert tries == 6
    site.page("/late", TRAM)
    assert shelf.sync(force=False).added == 0  # given up, until the feed says something else
    site.feed("/feed", item(link, title="Another"))
    clock += 1_800
    assert shelf.sync(force=False).added == 1


def test_a_page_that_came_late_comes_though_the_feed_is_the_same(site: Site, shelf: Shelf) -> None:
    link = f"{site.address}/late"
    site.pages["/feed"] = Reply(rss(item(link)).encode(), headers={"ETag": '"1"'})
    shelf.follow(f"{site.address}/feed")
    assert counts(shelf.sync()) == {"read": 1, "failed": 1}
    site.page("/late", TRAM)
    assert counts(shelf.sync()) == {"same": 1, "added": 1}


def test_a_header_that_is_no_text_is_not_kept(site: Site, shelf: Shelf) -> None:
    odd = {"ETag": '"caf\xe9"', "Last-Modified": "\xe9"}
    site.pages["/feed"] = Reply(rss(item(site.page("/a", TRAM))).encode(), headers=odd)
    shelf.follow(f"{site.address}/feed")
    assert counts(shelf.sync()) == {"read": 1, "added": 1}
    assert counts(shelf.sync()) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_to_be_left_alone_is(
    site: Site, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    links = [site.page(f"/{n}", f"{TRAM} It was line {n}.") for n in range(5)]
    shelf.follow(site.feed("/feed", *(item(link, str(n)) for n, link in enumerate(links))))
    busy = Reply(b"", status=status, headers={"Retry-After": "7200"})
    site.pages["/2"] = busy
    done = shelf.sync(force=False)
    assert counts(done) == {"read": 1, "added": 2, "failed": 1}
    assert site.paths()[1:] == ["/feed", "/0", "/1", "/2"]
    site.page("/2", f"{TRAM} It was line 2.")
    assert counts(shelf.sync(force=False)) == {}
    later = time.time() + 7_300
    monkeypatch.setattr("retrieval.ingest.web.feed_sync.time.time", lambda: later)
    assert counts(shelf.sync(force=False)) == {"read": 1, "added": 3, "unchanged": 2}


def test_a_feed_that_fails_is_asked_less_and_less(
    site: Site, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = site.feed("/feed")
    shelf.follow(feed)
    site.pages["/feed"] = Reply(b"", status=500)
    clock = 2e9
    monkeypatch.setattr("retrieval.ingest.web.feed_sync.time.time", lambda: clock)
    waits = []
    for _ in range(9):
        shelf.sync(force=False)
        assert shelf.told == [f"{feed}: the server says 500 (Internal Server Error)"]
        ((_, due),) = shelf.sync(force=False).early
        waits.append(due - clock)
        clock = due + 1.0
    assert waits == sorted(waits) and waits[0] < waits[3] and waits[-1] == 86_400
    site.pages["/feed"] = Reply(b"", status=503, headers={"Retry-After": "200000"})
    shelf.sync(force=False)
    ((_, due),) = shelf.sync(force=False).early
    assert 200_000 <= due - clock <= 200_002


def test_one_bad_feed_does_not_keep_the_good_one_out(site: Site, shelf: Shelf) -> None:
    good = site.feed("/a", item(site.page("/tram", TRAM)), item(f"{site.address}/none"))
    bad = site.feed("/b")
    shelf.follow(good)
    shelf.follow(bad)
    site.page("/b", OWL)
    assert counts(shelf.sync()) == {"read": 1, "added": 1, "failed": 2}
    assert sorted(shelf.told) == [
        f"{bad}: a web page, not a feed; name the address of its RSS or Atom",
        f"{site.address}/none: the server says 404 (Not Found)",
    ]


def test_ten_thousand_items_are_told_and_the_newest_taken(
    site: Site, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_parser, "_MOST_ITEMS", 5)
    site.page("/new", TRAM)
    old = [item(f"{site.address}/{n}", str(n)) for n in range(9_999)]
    new = item(f"{site.address}/new", "n", pubDate="Thu, 01 Jun 2023 08:00:00 GMT")
    shelf.follow(site.feed("/feed", new))
    site.feed("/feed", *old, new)
    done = shelf.sync()
    assert shelf.told[0] == f"{site.address}/feed: has 10,000 items; the newest 5 are taken"
    assert len(site.requests) == 7 and done.added == 1


def test_items_without_an_address_are_counted(site: Site, shelf: Shelf) -> None:
    links = [
        "javascript:alert(1)",
        "ftp://feed.example/x",
        "",
        "http://127.1/",
        "file:///etc/hosts",
    ]
    shelf.follow(site.feed("/feed", *(item(link, str(n)) for n, link in enumerate(links))))
    shelf.sync()
    assert shelf.told == [
        f"{site.address}/feed: items without an address of http:// or https://: 5"
    ]


def test_following_what_is_no_feed_leaves_no_library(site: Site, shelf: Shelf) -> None:
    site.page("/page", TRAM)
    for path, error in (("/page", ReadingError), ("/none", FetchError)):
        with pytest.raises(error):
            shelf.follow(site.address + path)
    assert not shelf.library.exists()


# Single pages


def test_a_page_is_added_updated_or_left(site: Site, shelf: Shelf) -> None:
    link = site.page("/tram", TRAM)
    assert shelf.index(link).added == 1
    assert shelf.index(f"{link}?utm_source=x#top").unchanged == 0  # that page is not there
    assert shelf.told == [f"{link}?utm_source=x#top: the server says 404 (Not Found)"]
    assert shelf.index(link).unchanged == 1
    site.page("/tram", OWL)
    assert shelf.index(link).updated == 1
    assert shelf.texts() == [OWL]


def test_a_page_of_a_feed_is_the_same_article(site: Site, shelf: Shelf) -> None:
    link = site.page("/tram", TRAM)
    shelf.follow(site.feed("/feed", item(link, "a")))
    shelf.sync()
    assert shelf.index(link).unchanged == 1
    assert len(shelf.articles()) == 1


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(b"<html><body><nav>Menu</nav></body></html>"), "no article found in the page"),
        (Reply(b""), "empty"),
        (Reply(b"%PDF-1.7", "application/pdf"), "not a web page but application/pdf"),
        (Reply(b"\x00\x01\x02" * 50, "text/html"), "looks like a binary file, not text"),
        (Reply(rss().encode()), "a feed, not a page; follow it with: quoth feeds add ADDRESS"),
        (Reply(b"", status=410), "the server says 410 (Gone)"),
    ],
)
def test_a_bad_page_is_one_line_and_makes_no_library(
    site: Site, shelf: Shelf, reply: Reply, problem: str
) -> None:
    site.pages["/page"] = reply
    assert shelf.index(f"{site.address}/page").failed == 1
    assert shelf.told == [f"{site.address}/page: {problem}"]
    assert not shelf.library.exists()


def test_the_words_are_as_the_page_has_them_in_any_charset(site: Site, shelf: Shelf) -> None:
    words = OWL.replace("owl", "Eülé").replace("nobody", "Zoë")
    plain = page(words)
    meta = plain.replace("<head>", '<head><meta charset="iso-8859-1">')
    xml = f'<?xml version="1.0" encoding="windows-1252"?>{plain}'
    replies = [
        Reply(plain.encode("latin-1"), "text/html; charset=ISO-8859-1"),
        Reply(meta.encode("latin-1"), "text/html"),
        Reply(xml.encode("cp1252"), "text/html"),
        Reply(plain.encode("latin-1"), "text/html"),
        Reply(plain.encode(), "text/html; charset=iso-8859-1"),  # wrong, and seen to be
        Reply(plain.encode("utf-16"), "text/html"),
        Reply(b"\xef\xbb\xbf" + plain.encode(), "text/html; charset=latin-1"),
    ]
    for n, reply in enumerate(replies):
        site.pages[f"/{n}"] = reply
        assert shelf.index(f"{site.address}/{n}").added == 1, n
    assert shelf.texts() == [words] * len(replies)


def test_a_wrong_charset_is_told(site: Site, shelf: Shelf) -> None:
    body = page("Das Café Zoë öffnete.").encode("latin-1")
    for charset, problem in (
        ("utf-8", "not the utf-8 text that it says it is (at byte 90)"),
        ("klingon", "in the encoding 'klingon', which is not known"),
        ("idna", "in the encoding 'idna', which is not known"),
    ):
        site.pages["/page"] = Reply(body, f"text/html; charset={charset}")
        shelf.index(f"{site.address}/page")
        assert shelf.told == [f"{site.address}/page: {problem}"]
