"""Addresses: which may be fetched, and the one form that a page is known by."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents.formats.article_fields import MAX_ID, safe_url
from retrieval.errors import FetchError
from retrieval.ingest.web.addresses import article_id, canonical, is_public, parse_address

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe fe80::1 fe80::1%eth0 fec0::1
fc00::1 fd12:3456::1 ff02::1 ff0e::1 100::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::7f00:1
64:ff9b::10.0.0.1 2001:0:53aa:64c:0:0:f5ff:fffe 4000::1
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 172.15.0.1 172.32.0.1 192.167.1.1 223.255.255.254
2606:2800:220:1::1 2a00:1450:4001:81b::200e ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_outside(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_however_ipv6_wraps_it(ip: ipaddress.IPv4Address) -> None:
    inner = int(ip)
    wrapped = (
        (0xFFFF << 32) | inner,
        (0x2002 << 112) | (inner << 80),
        (0x64FF9B << 96) | inner,
    )
    for number in wrapped:
        assert is_public(str(ipaddress.IPv6Address(number))) == is_public(str(ip))
    assert is_public(str(ip)) <= ip.is_global


@given(st.ip_addresses())
def test_nothing_public_is_of_the_kinds_that_are_refused(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(ip)):
        assert not (ip.is_loopback or ip.is_private or ip.is_link_local)
        assert not (ip.is_multicast or ip.is_unspecified)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0x7f000001/",
        "http://017700000001/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://1.2.3.4.5/",
        "http://256.1.1.1/", "http://127.0.0.1./", "http://0/", "http://[::1%25lo]/",
        "http://[fe80::1%25eth0]/", "http://[::1", "http:///x", "http://", "", "x",
        "ftp://feed.example/", "file:///etc/hosts", "javascript:alert(1)", "gopher://x/",
        "http:feed.example", "http://a b.example/", "http://a_b.example\\@c.example/",
        "http://feed.example:99999/", "http://feed.example:x/", "http://fe\0ed.example/",
        "http://feed.example/\n/x", "http://feed.example/\u202ex", "http://-/%zz\x7f",
        "http://" + "x" * 3_000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(FetchError) as caught:
        parse_address(address)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(FetchError, match=r"^feed\.example/x: has a name and password; take them"):
        parse_address("https://me:secret@feed.example/x")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTPS://Paper.Example:443/News/", "https://paper.example/News/"),
        ("http://paper.example:80", "http://paper.example/"),
        ("http://paper.example:8080/", "http://paper.example:8080/"),
        ("https://paper.example/a/../b/./c#top", "https://paper.example/b/c"),
        ("https://paper.example/a?", "https://paper.example/a"),
        ("https://paper.example/a?utm_source=x&UTM_MEDIUM=y&fbclid=z", "https://paper.example/a"),
        ("https://paper.example/?p=7&utm_source=x", "https://paper.example/?p=7"),
        ("https://paper.example/?b=2&a=1&b=1", "https://paper.example/?a=1&b=1&b=2"),
        ("https://paper.example/?utm%5Fsource=x&id=1", "https://paper.example/?id=1"),
        ("https://paper.example./a", "https://paper.example/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://[2606:2800::1]:443/a", "https://[2606:2800::1]/a"),
        (" https://paper.example/a ", "https://paper.example/a"),
    ],
)
def test_the_canonical_form(address: str, expected: str) -> None:
    assert canonical(parse_address(address)) == expected


_PARTS = st.text(st.characters(codec="utf-8"), max_size=20)
_HOSTS = st.from_regex(r"[a-zA-Z0-9]{1,8}\.(example|EXAMPLE|ücher)", fullmatch=True)
_PAIRS = st.lists(st.tuples(_PARTS, _PARTS), max_size=4)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    query = "&".join(f"{name}={value}" for name, value in draw(_PAIRS))
    port = draw(st.sampled_from(["", ":80", ":443", ":8000"]))
    scheme = draw(st.sampled_from(["http", "https", "HTTP"]))
    return f"{scheme}://{draw(_HOSTS)}{port}/{draw(_PARTS)}?{query}#{draw(_PARTS)}"


@given(addresses())
def test_the_canonical_form_is_one_and_can_be_shown_as_a_link(address: str) -> None:
    try:
        once = canonical(parse_address(address))
    except FetchError:
        return
    assert once.isascii() and "#" not in once
    assert safe_url(once) == once or len(once) > 2_000
    assert canonical(parse_address(once)) == once or len(once) > 2_000
    assert len(article_id(once)) <= MAX_ID


@given(_HOSTS, st.lists(st.from_regex(r"[b-z]{1,5}=[a-z0-9]{0,5}", fullmatch=True), max_size=5),
       st.data())  # fmt: skip
def test_order_and_tracking_make_no_difference(
    host: str, pairs: list[str], data: st.DataObject
) -> None:
    tracking = ["utm_source=x", "fbclid=1", "gclid=", "utm_x=%20"]
    shuffled = data.draw(st.permutations([*pairs, *tracking]))
    plain = canonical(parse_address(f"https://{host}/a?{'&'.join(pairs)}"))
    assert canonical(parse_address(f"https://{host}/a?{'&'.join(shuffled)}")) == plain
    assert plain.count("=") == len(pairs)


def test_long_addresses_have_ids_of_their_own() -> None:
    a, b = (f"https://paper.example/{'x' * 300}{n}" for n in range(2))
    assert article_id(a) != article_id(b)
    assert article_id(a).startswith("https://paper.example/xxx")
