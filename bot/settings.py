"""The settings: read here, once, when a command asks for them, and refused here when bad.

A flag beats the environment, the environment beats ``.env``, and ``.env`` beats the default.
``.env.example`` lists every one; a test holds it equal to ``DEFAULTS``.
"""

import io
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import QuothError
from retrieval.library.location import Location, is_address, parse_address

DEFAULTS = {
    "QUOTH_LIBRARY": "library",
    "QUOTH_MILVUS_TOKEN": "",
    "QUOTH_ARTICLES": "seeds",
    "QUOTH_ENCODER": "all-MiniLM-L6-v2",
    "QUOTH_DEVICE": "cpu",
    "QUOTH_MIN_CONFIDENCE": "0.4",
    "QUOTH_ALLOW_PRIVATE_ADDRESSES": "0",
    "QUOTH_DISCORD_DATA": "discord.sqlite",
    "QUOTH_LOG_FORMAT": "readable",
    "QUOTH_LOG_QUESTIONS": "0",
    "QUOTH_METRICS_PORT": "0",
    "DISCORD_TOKEN": "",
}

_NEVER_EMPTY = (
    "QUOTH_LIBRARY",
    "QUOTH_ARTICLES",
    "QUOTH_ENCODER",
    "QUOTH_DEVICE",
    "QUOTH_DISCORD_DATA",
)
_ENV_FILE = Path(".env")
_DEVICE = re.compile(r"(cpu|cuda|mps|xpu)(:\d+)?")


class SettingsError(QuothError):
    """A setting that cannot be used; the message names it and what it takes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked.

    Attributes:
        articles: the file or folder that is indexed when no path is named.
        encoder: the embedding model: the packaged one's name, a folder, or a name on the hub.
        device: what it runs on, as torch names it; ``cpu`` is the fast path without torch.
        min_confidence: an answer below it is "not found"; from 0 to 1.
        allow_private_addresses: whether feeds and pages inside this machine and its network may be
            fetched.
        discord_data: the file that the bot keeps its servers' settings in.
        log_as_json: whether the bot logs JSON, instead of lines for people.
        log_questions: whether it logs what was asked.
        metrics_port: where on this machine it shows its health and figures; 0 is nowhere.
        discord_token: the bot's, or empty. Not shown when the settings are printed.
    """

    library: Location
    articles: Path
    encoder: str
    device: str
    min_confidence: float
    allow_private_addresses: bool
    discord_data: Path
    log_as_json: bool
    log_questions: bool
    metrics_port: int
    discord_token: str = field(repr=False)


def load(library: str | None = None) -> Settings:
    """Read the settings.

    Args:
        library: the ``--library`` flag, or None where it was not given.

    Raises:
        SettingsError: a value that cannot be used, or an ``.env`` that cannot be read.
    """
    values = {**DEFAULTS, **_from_file(), **_from_environment()}
    if library is not None:
        values["QUOTH_LIBRARY"] = library
    for name in _NEVER_EMPTY:
        if not values[name].strip():
            raise SettingsError(f"{name} is empty; remove it to get its default, {DEFAULTS[name]}")
        if "\0" in values[name]:
            raise SettingsError(f"{name} has a NUL character in it; write it without")
    return Settings(
        library=_location("QUOTH_LIBRARY", values["QUOTH_LIBRARY"], values["QUOTH_MILVUS_TOKEN"]),
        articles=_path("QUOTH_ARTICLES", values["QUOTH_ARTICLES"]),
        encoder=values["QUOTH_ENCODER"],
        device=_device("QUOTH_DEVICE", values["QUOTH_DEVICE"]),
        min_confidence=_probability("QUOTH_MIN_CONFIDENCE", values["QUOTH_MIN_CONFIDENCE"]),
        allow_private_addresses=_boolean(
            "QUOTH_ALLOW_PRIVATE_ADDRESSES", values["QUOTH_ALLOW_PRIVATE_ADDRESSES"]
        ),
        discord_data=_path("QUOTH_DISCORD_DATA", values["QUOTH_DISCORD_DATA"]),
        log_as_json=_log_as_json("QUOTH_LOG_FORMAT", values["QUOTH_LOG_FORMAT"]),
        log_questions=_boolean("QUOTH_LOG_QUESTIONS", values["QUOTH_LOG_QUESTIONS"]),
        metrics_port=_port("QUOTH_METRICS_PORT", values["QUOTH_METRICS_PORT"]),
        discord_token=values["DISCORD_TOKEN"].strip(),
    )


def _from_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in DEFAULTS if name in os.environ}


def _from_file() -> dict[str, str]:
    if not _ENV_FILE.is_file():
        return {}
    # Only where there is a file to read: it costs start-up time.
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        content = _ENV_FILE.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_ENV_FILE}: cannot be read ({error}); save it as UTF-8") from error
    for line in parse_stream(io.StringIO(content)):
        if line.error:  # which is not shown: it may be the token's
            raise SettingsError(f"{_ENV_FILE}:{line.original.line}: is not NAME=value; mend it")
    found = dotenv_values(stream=io.StringIO(content))
    return {name: value for name, value in found.items() if name in DEFAULTS and value is not None}


def _path(name: str, value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:  # "~somebody" who is not known here
        raise SettingsError(f"{name} is {value!r}; there is no such home folder") from None


def _location(name: str, value: str, token: str) -> Location:
    if not is_address(value.strip()):
        return _path(name, value)
    try:
        return parse_address(value, token.strip())
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None


def _device(name: str, value: str) -> str:
    if not _DEVICE.fullmatch(value.strip()):
        raise SettingsError(f"{name} is {value!r}; it takes cpu, cuda, cuda:1, mps or xpu")
    return value.strip()


def _probability(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise SettingsError(f"{name} is {value!r}; it takes a number from 0 to 1, such as 0.4")
    return number


def _boolean(name: str, value: str) -> bool:
    if value.strip() not in ("0", "1"):
        raise SettingsError(f"{name} is {value!r}; it takes 0 or 1")
    return value.strip() == "1"


def _log_as_json(name: str, value: str) -> bool:
    if value.strip() not in ("readable", "json"):
        raise SettingsError(f"{name} is {value!r}; it takes readable or json")
    return value.strip() == "json"


def _port(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", value.strip()) or int(value) > 65_535:
        raise SettingsError(f"{name} is {value!r}; it takes a port such as 9464, or 0 for none")
    return int(value)
