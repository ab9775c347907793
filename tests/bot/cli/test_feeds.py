"""``quoth feeds`` and ``quoth index https://…``, against a web server on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.quoth_command import Quoth
from tests.support.site_server import (
    Reply,
    Site,
    item,
    rss,
    self_signed,
    serving,
    serving_tls,
)

ALLOWED = {"QUOTH_ALLOW_PRIVATE_ADDRESSES": "1"}
TRAM = (
    "Mayor Lindqvist opened the tram line to the harbour on Friday, in the rain and before some"
    " four hundred people who had waited for it for eleven years."
)
OWL = (
    "An owl moved into the town hall of Marlow in the night to Tuesday, and nobody minds. It sleeps"
    " on the beam above the stairs while the council meets."
)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine's own addresses be fetched."""
    monkeypatch.setenv("QUOTH_ALLOW_PRIVATE_ADDRESSES", "1")


def test_a_feed_from_being_added_to_being_removed(quoth: Quoth, site: Site) -> None:
    tram = site.page("/tram", TRAM, title="Tram opens", date="2023-06-02")
    feed = site.feed("/feed", item(tram, "a"))
    done = quoth("feeds", "add", feed, env=ALLOWED)
    assert (done.status, done.out) == (0, f"added {feed} (The Feed)\n")
    assert done.err == "quoth feeds sync takes its articles\n"
    (before,) = quoth("feeds", "list", "--json").objects
    assert before == {
        "url": feed, "title": "The Feed", "items": 0, "waiting": 0, "checked": None, "due": None,
        "failures": 0, "problem": None,
    }  # fmt: skip
    done = quoth("feeds", "sync", env=ALLOWED)
    told = "1 feed read, 0 as before, 0 not due; 1 added, 0 updated, 0 unchanged, 0 failed\n"
    assert (done.status, done.out, done.err) == (0, told, "")
    asked = quoth("ask", "Who opened the tram line?", "--json").object
    assert asked["answered"] and asked["quotes"][0]["article"]["url"] == tram
    (after,) = quoth("feeds", "--json").objects
    assert (after["items"], after["waiting"]) == (1, 0)
    assert after["checked"] < after["due"] and after["due"].endswith("+00:00")
    assert f"{feed}  The Feed  (1 item; read 20" in quoth("feeds", "list").out
    done = quoth("feeds", "sync", env=ALLOWED)
    assert (done.status, done.err) == (
        0,
        f"{feed}: not asked again until {after['due']}; --force asks now\n",
    )
    done = quoth("feeds", "remove", feed)
    assert (done.status, done.out) == (0, f"removed {feed} (its articles stay)\n")
    assert quoth("status", "--json").object["articles"] == 1
    assert quoth("feeds", "list", "--json").out == ""


def test_removing_with_the_articles(inside: Quoth, allowed: None, site: Site) -> None:
    feed = site.feed("/feed", item(site.page("/tram", TRAM)), item(site.page("/owl", OWL)))
    inside("feeds", "add", feed)
    inside("feeds", "sync")
    done = inside("feeds", "remove", feed, "--with-articles")
    assert (done.status, done.out) == (0, f"removed {feed} (with 2 articles)\n")
    assert inside("status", "--json").object["articles"] == 0
    assert inside("feeds", "remove", feed).error == (
        f"quoth: {feed}: not followed; quoth feeds list shows those that are"
    )


def test_failures_are_a_line_each_and_the_rest_is_in(
    inside: Quoth, allowed: None, site: Site
) -> None:
    site.pages["/none"] = Reply(b"<html><body></body></html>")
    bad = [f"{site.address}/gone", f"{site.address}/none"]
    feed = site.feed("/feed", item(site.page("/tram", TRAM)), *map(item, bad))
    broken = site.feed("/broken")
    for address in (feed, broken):
        inside("feeds", "add", address)
    site.pages["/broken"] = Reply(b"", status=500)
    done = inside("feeds", "sync")
    assert done.status == 1
    assert sorted(done.err.splitlines()) == [
        f"quoth: {broken}: the server says 500 (Internal Server Error)",
        f"quoth: {bad[0]}: the server says 404 (Not Found)",
        f"quoth: {bad[1]}: no article found in the page",
    ]
    assert done.out.endswith("1 added, 0 updated, 0 unchanged, 3 failed\n")
    assert "the server says 500" in inside("feeds", "list").out


def test_what_cannot_be_added_is_one_line_and_leaves_no_library(
    inside: Quoth, allowed: None, site: Site, tmp_path: Path
) -> None:
    page = site.page("/page", TRAM)
    laughs = rss().replace("<rss", '<!DOCTYPE x [<!ENTITY a "ha">]><rss')
    site.pages["/laughs"] = Reply(laughs.encode())
    site.pages["/large"] = Reply(b" " * 50_000_000)
    for address, told in {
        page: "a web page, not a feed; name the address of its RSS or Atom",
        f"{site.address}/laughs": "declares XML entities, which no feed needs; it is not read",
        f"{site.address}/large": "larger than 10 MB",
        f"{site.address}/gone": "the server says 404 (Not Found)",
        "feed.example/rss": "not an address of http:// or https://",
        "file:///etc/passwd": "not an address of http:// or https://",
    }.items():
        done = inside("feeds", "add", address)
        assert (done.status, done.error) == (1, f"quoth: {address}: {told}")
    assert not (tmp_path / "library").exists()


def test_addresses_inside_are_refused_unless_the_setting_allows_them(
    inside: Quoth, site: Site, tmp_path: Path
) -> None:
    page, feed = site.page("/tram", TRAM), site.feed("/feed")
    for command in (
        ["feeds", "add", feed],
        ["index", page],
        ["index", feed.replace("127.0.0.1", "localhost")],
    ):
        done = inside(*command)
        assert done.status == 1
        (line,) = done.err.splitlines()
        assert line == (
            f"quoth: {command[-1]}: inside this machine or its network;"
            " set QUOTH_ALLOW_PRIVATE_ADDRESSES=1 to allow such addresses"
        )
    assert site.requests == []
    assert not (tmp_path / "library").exists()


def test_pages_and_paths_are_indexed_together(
    inside: Quoth, allowed: None, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "owl.txt").write_text(f"Owl\n\n{OWL}\n")
    page = site.page("/tram", TRAM, title="Tram")
    done = inside("index", "owl.txt", page, f"{site.address}/gone")
    assert done.status == 1
    assert done.err == f"quoth: {site.address}/gone: the server says 404 (Not Found)\n"
    assert done.out == "2 added, 0 updated, 0 removed, 0 unchanged, 1 failed\n"
    done = inside("index", page, "owl.txt")
    assert (done.status, done.out) == (0, "0 added, 0 updated, 0 removed, 2 unchanged, 0 failed\n")
    site.page("/tram", OWL, title="Tram")
    done = inside("index", page)
    assert (done.status, done.out) == (0, "0 added, 1 updated, 0 removed, 0 unchanged, 0 failed\n")
    shown = inside("articles", "show", page, "--json").object
    assert (shown["url"], shown["text"]) == (page, OWL)
    assert inside("articles", "remove", page).status == 0


def test_tls_with_a_certificate_that_the_system_trusts(quoth: Quoth, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with serving_tls(certificate) as site:
        page = site.page("/tram", TRAM)
        refused = quoth("index", page, env=ALLOWED)
        trusted = quoth("index", page, env={**ALLOWED, "SSL_CERT_FILE": str(certificate)})
    assert (refused.status, trusted.status) == (1, 0)
    assert "its certificate cannot be trusted" in refused.err
    assert trusted.out == "1 added, 0 updated, 0 removed, 0 unchanged, 0 failed\n"


def test_a_feed_title_cannot_steer_the_terminal(inside: Quoth, allowed: None, site: Site) -> None:
    feed = site.feed("/feed", title="\u202eevil &amp;#27;[31m\u2028")
    out = inside("feeds", "add", feed).out + inside("feeds", "list").out
    assert not set(out) & set("\x1b\u202e\u2028")


def test_without_a_library_there_are_no_feeds(inside: Quoth, tmp_path: Path) -> None:
    for command in (["list"], ["sync"], ["remove", "https://feed.example/"]):
        assert (
            inside("feeds", *command).error == "quoth: library: no library there; run: quoth index"
        )
    assert not (tmp_path / "library").exists()
