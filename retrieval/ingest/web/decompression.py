"""Unpacks what a server sends packed, as it arrives, and never more than a limit."""

import zlib

ENCODINGS = "gzip, deflate"
"""What may be asked for."""

_STEP = 65_536  # bytes unpacked at once


class TooLargeError(Exception):
    """More bytes than the limit, packed or unpacked."""


class PackingError(Exception):
    """What was sent is not packed as it was said to be."""


class Unpacker:
    """The bytes of one answer.

    Args:
        encoding: the answer's Content-Encoding, or "".
        limit: bytes that are taken at most.

    Raises:
        PackingError: it is not known.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise PackingError(f"packed with {self._encoding[:30]!r}, which was not asked for")
        self._limit = limit
        self._received = 0
        self._unpacked = bytearray()
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they were sent.

        Raises:
            TooLargeError: that is more than the limit.
            PackingError: they cannot be unpacked.
        """
        # Counted too: nothing may be packed in any number of bytes.
        self._received += len(data)
        if self._received > self._limit:
            raise TooLargeError
        if self._encoding in ("", "identity"):
            self._unpacked += data
            return
        try:
            self._unpack(data)
        except zlib.error:
            raise PackingError(f"not packed with {self._encoding}, as it says") from None

    def finish(self) -> bytes:
        """All of it, unpacked; PackingError where the end is missing."""
        if self._stream is not None and not self._stream.eof:
            raise PackingError("ends too soon")
        return bytes(self._unpacked)

    def _unpack(self, data: bytes) -> None:
        while data:
            if self._stream is None or self._stream.eof:  # a gzip file may have several parts
                self._stream = self._start(data[0])
            self._unpacked += self._stream.decompress(data, _STEP)
            if len(self._unpacked) > self._limit:
                raise TooLargeError
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _start(self, first: int) -> "zlib._Decompress":
        if self._encoding != "deflate":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        # Some servers leave out the header that zlib's own form begins with.
        return zlib.decompressobj(zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS)
