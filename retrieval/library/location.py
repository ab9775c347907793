"""Where a library is: a folder, or an address on a server, as a setting names it."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from retrieval.library.base import Library

_SERVERS = {
    "milvus": "retrieval.library.milvus.location",
    "milvuss": "retrieval.library.milvus.location",
}
"""The schemes of addresses, and the module whose ``parse_address`` reads each."""


class ServerAddress(Protocol):
    """The address of a library on a server. ``str`` and ``repr`` show no secret."""

    def library(self) -> "Library": ...

    def with_secrets(self) -> str:
        """The address as a setting, with what logs in: for the environment of a process."""


Location = Path | ServerAddress
"""Where a library is."""


def is_address(value: str) -> bool:
    """Whether a setting is meant for an address on a server, and not for a folder."""
    return _scheme(value) in _SERVERS


def parse_address(value: str, token: str = "") -> ServerAddress:
    """Read an address on a server.

    Args:
        value: for which ``is_address`` holds.
        token: to log in with, where the address has no user.

    Raises:
        ValueError: it is not one; the line does not repeat it, since it may hold a password.
    """
    module = importlib.import_module(_SERVERS[_scheme(value)])
    return cast(ServerAddress, module.parse_address(value, token))


def as_setting(location: Location) -> str:
    """A location as ``QUOTH_LIBRARY`` names it, secrets and all."""
    return str(location) if isinstance(location, Path) else location.with_secrets()


def _scheme(value: str) -> str:
    return value.strip().lower().partition("://")[0] if "://" in value else ""
