"""Decodes UTF-8 and nothing else, so that what is quoted is what was written."""

import codecs

from retrieval.errors import ReadingError

MAX_BYTES = 20_000_000
"""The longest file of one article, and the longest line of a .jsonl file."""

TOO_LONG = "longer than 20 MB; split it into articles"
UTF16 = "UTF-16, not UTF-8; save it as UTF-8"


def decode(data: bytes, place: str) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Args:
        data: a whole file, or one line of it.
        place: where it is, for the message.

    Returns:
        Its characters, without the byte order mark; line ends are as they were.

    Raises:
        ReadingError: it is some other encoding, or no text at all.
    """
    if is_utf16(data):
        raise ReadingError(place, UTF16)
    if b"\0" in data:
        raise ReadingError(place, "looks like a binary file, not text")
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 (byte 0x{data[error.start]:02x} at offset {error.start:,})"
        raise ReadingError(place, f"{problem}; save it as UTF-8") from None


def is_utf16(data: bytes) -> bool:
    """Whether the first bytes are a byte order mark of UTF-16."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def read_failure(error: Exception) -> str:
    """Why the system would not read a file or folder, on one line."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    return f"cannot be read ({reason})"
