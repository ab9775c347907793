"""From the bytes of a page or feed to characters: what it says it is, where that is true."""

import codecs
import re

from retrieval.errors import ReadingError

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
# In <meta charset=…>, in <meta … content="text/html; charset=…"> or in <?xml … encoding=…?>.
_IN_TEXT = re.compile(
    rb"<(?:meta[^>]{1,200}?charset|\?xml[^>]{1,200}?encoding)\s*=\s*[\"']?([\w.:-]+)",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 2_048  # bytes
_LONGEST_PROLOGUE = 5_000  # characters
_LATIN = {"iso8859-1", "ascii"}  # names that the web has for what is really cp1252
_FOR_TEXT = re.compile(  # what Python calls the encodings that the web has
    r"ascii|utf-(8|16|16-le|16-be)|iso8859-\d+|cp\d+|koi8-[ru]|mac-(roman|cyrillic)"
    r"|gb2312|gbk|gb18030|hz|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_jp"
)


def decode_page(body: bytes, content_type: str, place: str) -> str:
    """Decode what was fetched.

    UTF-8 is tried first, whatever it claims to be: other texts are hardly ever valid UTF-8, and
    claims are often wrong.

    Args:
        body: its bytes.
        content_type: the header of that name, or "".
        place: its address, for the message.

    Raises:
        ReadingError: it is not in the encoding that it names, or no text at all.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return _decode(body[len(mark) :], encoding, place)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = _decode(body, _declared(body, content_type, place) or "cp1252", place)
    if "\0" in text:
        raise ReadingError(place, "looks like a binary file, not text")
    return text


def first_tag(content: str) -> str:
    """The beginning of a page or feed, in lower case, after its declaration and comments."""
    head = content[:_LONGEST_PROLOGUE].lstrip().lower()
    while head.startswith(("<!--", "<?")):
        _, end, rest = head.partition("-->" if head.startswith("<!--") else "?>")
        head = rest.lstrip() if end else ""
    return head


def _declared(body: bytes, content_type: str, place: str) -> str | None:
    found = _IN_HEADER.search(content_type)
    inside = _IN_TEXT.search(body[:_DECLARED_WITHIN])
    name = found[1] if found else inside[1].decode("ascii", "replace") if inside else None
    if name is None:
        return None
    try:
        encoding = codecs.lookup(name).name
    except (LookupError, ValueError):
        encoding = ""
    if not _FOR_TEXT.fullmatch(encoding):
        raise ReadingError(place, f"in the encoding {name[:40]!r}, which is not known")
    return "cp1252" if encoding in _LATIN else encoding


def _decode(data: bytes, encoding: str, place: str) -> str:
    try:
        return data.decode(encoding)
    except ValueError as error:
        at = f" (at byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise ReadingError(place, f"not the {encoding} text that it says it is{at}") from None
