"""The address of a library on a Milvus server."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_ADDRESS = re.compile(
    r"(?P<scheme>milvuss?)://(?:(?P<user>[^:@/]+):(?P<password>[^@/]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:@/?\[\]]+)(?::(?P<port>\d{1,5}))?/(?P<name>[A-Za-z_]\w*)",
    re.ASCII,
)
_LONGEST_NAME = 200  # Milvus takes 255 characters for a collection, whose name begins so
_PORT = 19_530


@dataclass(frozen=True, slots=True)
class MilvusLocation:
    """A library on a Milvus server. ``str`` and ``repr`` show no secret.

    Attributes:
        host: of the server; an IPv6 address in brackets.
        name: of the library: its collections' names begin so.
        tls: whether the connection is encrypted.
        user: who logs in, or empty.
        password: of the user, or empty.
        token: to log in with instead, or empty.
    """

    host: str
    port: int
    name: str
    tls: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/{self.name}"

    @property
    def scheme(self) -> str:
        return "milvuss" if self.tls else "milvus"

    def with_secrets(self) -> str:
        if not self.user:
            return str(self)
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{self.scheme}://{login}@{self.host}:{self.port}/{self.name}"


def parse_address(value: str, token: str = "") -> MilvusLocation:
    """Read ``milvus://[user:password@]host[:port]/name``; ``milvuss`` is with TLS.

    Args:
        value: the address. ``%40`` and the like stand for characters of the user and the password.
        token: to log in with, where the address has neither.

    Raises:
        ValueError: it is none; the line does not repeat it, since it may hold a password.
    """
    match = _ADDRESS.fullmatch(value.strip())
    if not match or len(match["name"]) > _LONGEST_NAME:
        raise ValueError(
            "is not milvus://[user:password@]host:port/name; the name has letters, digits and _,"
            " and %40 stands for an @ in a password"
        )
    port = int(match["port"] or _PORT)
    if not 0 < port < 65_536:
        raise ValueError(f"has the port {port}; it goes from 1 to 65535")
    user = unquote(match["user"] or "")
    return MilvusLocation(
        host=match["host"],
        port=port,
        name=match["name"],
        tls=match["scheme"] == "milvuss",
        user=user,
        password=unquote(match["password"] or ""),
        token="" if user else token,
    )
