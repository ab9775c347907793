"""Where a library is: a folder, or an address on a server, as a setting names it."""

from pathlib import Path

from retrieval.library.milvus.location import MilvusLocation, parse_address

__all__ = ["Location", "as_setting", "is_address", "parse_address"]

Location = Path | MilvusLocation
"""Where a library is."""

_SCHEMES = ("milvus", "milvuss")


def is_address(value: str) -> bool:
    """Whether a setting is meant for an address on a server, and not for a folder."""
    return "://" in value and value.strip().lower().partition("://")[0] in _SCHEMES


def as_setting(location: Location) -> str:
    """A location as ``QUOTH_LIBRARY`` names it, secrets and all."""
    return str(location) if isinstance(location, Path) else location.with_secrets()
