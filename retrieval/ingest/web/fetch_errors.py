"""What can go wrong with a fetch, in words."""

import email.utils
import os
import ssl
import time
from http import HTTPStatus

import aiohttp

PRIVATE = (
    "inside this machine or its network;"
    " set QUOTH_ALLOW_PRIVATE_ADDRESSES=1 to allow such addresses"
)
"""Of an address that may not be connected to."""

_LONGEST_WAIT = 7 * 24 * 3600.0  # seconds: a host that asks for more is mistaken


def status_message(status: int) -> str:
    try:
        phrase = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        phrase = ""
    return f"the server says {status}{phrase}"


def retry_after(value: str | None) -> float | None:
    """The seconds that a Retry-After asks to wait, given as such or as a time."""
    if value is None:
        return None
    if value.strip().isdecimal() and len(value.strip()) < 10:
        seconds = float(value)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT)


def error_message(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and PRIVATE in str(error.os_error):
        return PRIVATE
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host, or no network"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = getattr(error.certificate_error, "verify_message", "")
        return f"its certificate cannot be trusted ({reason or 'it is another name’s'})"
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
        return "no TLS connection can be made; is it an address of http:// ?"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return f"cannot be connected to ({os.strerror(number) if number else error.os_error})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server hung up without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection broke off in the middle"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the server does not speak HTTP as it should"
    if isinstance(error, OSError) and error.strerror:
        return f"the connection broke off ({error.strerror})"
    return f"cannot be fetched ({type(error).__name__})"
