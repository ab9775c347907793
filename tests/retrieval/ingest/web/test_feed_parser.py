"""RSS and Atom as they are found: every kind, broken ones, and ones made to do harm."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import ReadingError
from retrieval.ingest.web.addresses import parse_address
from retrieval.ingest.web.charset import decode_page
from retrieval.ingest.web.feed_parser import Feed, parse_feed
from tests.support.site_server import atom, entry, item, rss

PLACE = "https://feed.example/news/feed"

RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://feed.example/"><title>Old</title></channel>
<item rdf:about="https://feed.example/a"><title>A</title><link>https://feed.example/a</link>
<dc:date>2003-02-01T10:00:00Z</dc:date></item></rdf:RDF>"""

LAUGHS = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>
<rss version="2.0"><channel><title>&d;</title></channel></rss>"""


def parse(content: str) -> Feed:
    return parse_feed(content, parse_address(PLACE), PLACE)


def problem(content: str) -> str:
    with pytest.raises(ReadingError) as caught:
        parse(content)
    line = str(caught.value)
    assert line.isprintable() and line.startswith(f"{PLACE}: ")
    return line.removeprefix(f"{PLACE}: ")


def test_rss() -> None:
    more = {"pubDate": "Thu, 01 Jun 2023 23:30:00 -0500"}
    feed = parse(rss(item("https://feed.example/a?x=1&y=2#z", "g", title="A &amp;amp; B", **more)))
    (only,) = feed.items
    assert (feed.title, feed.problems) == ("The Feed", [])
    assert (only.guid, str(only.url)) == ("g", "https://feed.example/a?x=1&y=2")
    assert (only.title, only.date) == ("A & B", datetime.date(2023, 6, 2))


def test_atom() -> None:
    (only,) = parse(atom(entry("../a", "urn:1"))).items
    assert (only.guid, str(only.url)) == ("urn:1", "https://feed.example/a")
    assert (only.title, only.date) == ("An entry", datetime.date(2024, 1, 1))


def test_rdf() -> None:
    (only,) = parse(RDF).items
    assert (str(only.url), only.date) == ("https://feed.example/a", datetime.date(2003, 2, 1))


def test_a_guid_that_is_an_address_is_the_same_however_it_is_decorated() -> None:
    link = "https://feed.example/a"
    guids = {parse(rss(item(link, f"{link}?utm_source={n}"))).items[0].guid for n in range(3)} | {
        parse(rss(item(f"{link}?utm_source=1"))).items[0].guid
    }
    assert guids == {link}


def test_the_newest_come_first() -> None:
    days = ["Thu, 01 Jun 2023 08:00:00 GMT", "Sat, 03 Jun 2023 08:00:00 GMT", "", "no day"]
    items = [item(f"https://feed.example/{n}", pubDate=day) for n, day in enumerate(days)]
    assert [each.url.path for each in parse(rss(*items)).items] == ["/1", "/0", "/2", "/3"]


def test_an_empty_feed_is_one() -> None:
    assert parse(rss()).items == []
    assert parse(atom()).items == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<!DOCTYPE html><html><body>x</body></html>", "a web page, not a feed; name the address"),
        ("<!-- x -->\n<HTML lang=en><head></head>", "a web page, not a feed; name the address"),
        ("just words", "not a feed of RSS or Atom"),
        ("", "not a feed of RSS or Atom"),
        ('{"version": "https://jsonfeed.org/version/1"}', "not a feed of RSS or Atom"),
        ("<?xml version='1.0'?><svg></svg>", "not a feed of RSS or Atom"),
        ("<?xml version='1.0'?><!-- a --><!-- b --><html>", "a web page, not a feed"),
        ("<rss>" + "<a>" * 400_001, "has more than 400,000 tags, which no feed needs"),
        ("<!--x-->" * 5_000, "not a feed of RSS or Atom"),
        ("<!--" * 5_000, "not a feed of RSS or Atom"),
        (" " * 1_000_000 + "<x", "not a feed of RSS or Atom"),
        (LAUGHS, "declares XML entities, which no feed needs; it is not read"),
        (LAUGHS.replace("<!ENTITY", "<!entity"), "declares XML entities, which no feed needs"),
        ('<rss version="2.0"><channel><title>x', "broken XML, and no item in it can be read"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_one_line(content: str, told: str) -> None:
    assert problem(content).startswith(told)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_entities_do_not_hide_in_an_encoding(encoding: str) -> None:
    content = LAUGHS.replace('"1.0"', f'"1.0" encoding="{encoding}"')
    with pytest.raises(ReadingError):
        parse(decode_page(content.encode(encoding), "application/rss+xml", PLACE))


def test_files_of_this_machine_are_not_read_into_a_feed() -> None:
    content = rss(item("https://feed.example/a", title="&x;")).replace(
        "<rss", '<!DOCTYPE rss SYSTEM "file:///etc/hostname"><rss', 1
    )
    (only,) = parse(content).items
    assert only.title in ("&x;", None)
    inner = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss'
    assert "declares XML entities" in problem(content.replace("<rss", inner, 1))


def test_the_declared_encoding_is_done_with_once_it_is_decoded() -> None:
    content = rss(item("https://feed.example/a", title="Zoë"))
    declared = content.replace("UTF-8", "iso-8859-1")
    for data in (declared.encode("latin-1"), declared.encode(), content.encode("utf-16")):
        feed = parse(decode_page(data, "text/xml", PLACE))
        assert feed.items[0].title == "Zoë"


def test_broken_xml_gives_what_can_be_read() -> None:
    cut = rss(item("https://feed.example/a"), item("https://feed.example/b"))[:-60]
    assert len(parse(cut).items) >= 1
    bare = rss(item("https://feed.example/a", title="Tom & Jerry"))
    assert parse(bare).items[0].title == "Tom & Jerry"


@settings(max_examples=30)
@given(st.text(max_size=300))
def test_nothing_that_a_feed_says_breaks_more_than_it(words: str) -> None:
    for content in (words, f"<rss>{words}", rss(item(words, words, title=words)), rss(words)):
        try:
            feed = parse(content)
        except ReadingError as error:
            assert str(error).isprintable()
            continue
        for each in feed.items:
            assert each.title is None or (each.title.isprintable() or each.title)
            each.guid.encode()


@given(st.binary(max_size=200), st.sampled_from(["", "text/html; charset=utf-8", "a;charset=x"]))
def test_bytes_are_text_or_one_line(data: bytes, content_type: str) -> None:
    try:
        decode_page(data, content_type, "https://feed.example/").encode()
    except ReadingError as error:
        assert str(error).isprintable()
