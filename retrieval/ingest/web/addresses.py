"""Web addresses: which may be fetched, and the one form that a page is known by."""

import hashlib
import ipaddress
import re
from urllib.parse import unquote

from yarl import URL

from retrieval.documents.formats.article_fields import MAX_ID, MAX_URL
from retrieval.errors import FetchError

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)\.?", re.ASCII)  # a last label that makes a host an address
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
_UNIVERSAL = ipaddress.IPv6Network("2000::/3")  # what of IPv6 is given out to the public
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address, as seen from IPv6 alone
_SHOWN = 300  # characters of an address in a message

# What publishers and networks add to a link to learn where a reader came from.
_TRACKING_PREFIXES = ("utm_", "at_", "ns_", "pk_", "mtm_", "hsa_", "vero_", "oly_")
_TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid twclid ttclid yclid igshid igsh wickedid"
    " li_fat_id mc_cid mc_eid _ga _gl _hsenc _hsmi mkt_tok cmpid ref_src ref_url xtor spm smid"
    " sr_share ito ocid ftag".split()
)


def parse_address(text: str) -> URL:
    """Read the address of a page or feed, as it will be asked for: without a fragment.

    Raises:
        FetchError: it is none, not of http or https, or has a name and password in it.
    """
    shown = show_address(text)
    text = text.strip()
    if len(text) > MAX_URL:
        raise FetchError(shown, f"longer than {MAX_URL:,} characters")
    try:
        if not text.isprintable():
            raise ValueError
        url = URL(text).with_fragment(None)
        host = url.raw_host or ""
    except ValueError:
        raise FetchError(shown, "not an address") from None
    if url.scheme not in ("http", "https"):
        raise FetchError(shown, "not an address of http:// or https://")
    if url.raw_user is not None or url.raw_password is not None:
        raise FetchError(shown.rpartition("@")[2], "has a name and password; take them out")
    if not _is_host(host):
        raise FetchError(shown, "has no host that can be asked; check how it is spelled")
    return url


def _is_host(host: str) -> bool:
    """Whether it is a name, or an IP address spelled as everyone spells them.

    ``127.1``, ``2130706433`` or ``0x7f.1`` mean 127.0.0.1 to some programs and nothing to others.
    """
    if ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return "%" not in host and (":" in host or bool(_IPV4.fullmatch(host)))
    return bool(_NAME.fullmatch(host))


def show_address(text: str) -> str:
    """Write an address into a message: on one line, and not longer than a person reads."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text.strip()[:_SHOWN])
    return line if len(text.strip()) <= _SHOWN else line + "…"


def is_public(address: str) -> bool:
    """Whether an IP address is out on the internet, and not inside this machine or its network.

    Args:
        address: as the system gives it to be connected to, with or without a scope.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip not in _UNIVERSAL or ip.teredo:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def canonical(url: URL) -> str:
    """The one form that a page is known by, however a link to it is decorated.

    Returns:
        The address without a fragment, a default port and what only tells where a reader came
        from, and with the rest of the query in one order.
    """
    host = (url.raw_host or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    port = "" if url.is_default_port() else f":{url.port}"
    parts = [part for part in url.raw_query_string.split("&") if part and not _tracks(part)]
    query = "?" + "&".join(sorted(parts)) if parts else ""
    return f"{url.scheme}://{host}{port}{url.raw_path or '/'}{query}"


def _tracks(part: str) -> bool:
    name = unquote(part.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def article_id(address: str) -> str:
    """The id of the article at a canonical address: the address, where that is not too long."""
    if len(address) <= MAX_ID:
        return address
    digest = hashlib.sha256(address.encode()).hexdigest()[:12]
    return f"{address[: MAX_ID - len(digest) - 1]}-{digest}"
