"""Settings: a flag beats the environment beats ``.env`` beats the default; bad ones are refused."""

import re
from pathlib import Path

import pytest

from bot import settings
from tests.support.quoth_command import Quoth, in_python

EXAMPLE = Path(__file__).parents[3] / ".env.example"
FIELDS = {
    "QUOTH_LIBRARY": "library",
    "QUOTH_MILVUS_TOKEN": "token",
    "QUOTH_ARTICLES": "articles",
    "QUOTH_ENCODER": "encoder",
    "QUOTH_DEVICE": "device",
    "QUOTH_MIN_CONFIDENCE": "min_confidence",
    "QUOTH_ALLOW_PRIVATE_ADDRESSES": "allow_private_addresses",
    "QUOTH_DISCORD_DATA": "discord_data",
    "QUOTH_LOG_FORMAT": "log_as_json",
    "QUOTH_LOG_QUESTIONS": "log_questions",
    "QUOTH_METRICS_PORT": "metrics_port",
    "DISCORD_TOKEN": "discord_token",
}
NEVER_BLANK = [name for name in FIELDS if name.startswith("QUOTH_") and "TOKEN" not in name]
VALUES = {name: ["one", "two", "three"] for name in FIELDS} | {
    "QUOTH_DEVICE": ["cuda", "mps", "cuda:1"],
    "QUOTH_MIN_CONFIDENCE": ["0.1", "0.2", "0.3"],
    "QUOTH_ALLOW_PRIVATE_ADDRESSES": ["1", "0", "1"],
    "QUOTH_LOG_FORMAT": ["json", "readable", "json"],
    "QUOTH_LOG_QUESTIONS": ["1", "0", "1"],
    "QUOTH_METRICS_PORT": ["9464", "9465", "9466"],
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def value(name: str, **flags: str) -> str:
    if name == "QUOTH_MILVUS_TOKEN":  # it is of a place on a server
        place = settings.load(library="milvus://host/name").library
        return str(getattr(place, FIELDS[name]))
    found = getattr(settings.load(**flags), FIELDS[name])
    if name == "QUOTH_LOG_FORMAT":
        return "json" if found else "readable"
    return str(int(found) if isinstance(found, bool) else found)


def test_every_setting_is_tested_here() -> None:
    assert set(FIELDS) == set(settings.DEFAULTS)


@pytest.mark.parametrize("name", FIELDS)
def test_the_environment_beats_env_file_beats_default(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_file, in_environment, flag = VALUES[name]
    assert value(name) == settings.DEFAULTS[name]
    Path(".env").write_text(f"# mine\n{name}={in_file}\n")
    assert value(name) == in_file
    monkeypatch.setenv(name, in_environment)
    assert value(name) == in_environment
    if name == "QUOTH_LIBRARY":
        assert value(name, library=flag) == flag


def test_the_command_obeys_that_order(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_LIBRARY=from-file\n")
    assert quoth("status").error.startswith("quoth: from-file: ")
    env = {"QUOTH_LIBRARY": "from-environment"}
    assert quoth("status", env=env).error.startswith("quoth: from-environment: ")
    flag = quoth("status", "--library", "from-flag", env=env)
    assert flag.error.startswith("quoth: from-flag: ")


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *((name, blank) for name in NEVER_BLANK for blank in ("", " ")),
        *(("QUOTH_MIN_CONFIDENCE", bad) for bad in ("-0.1", "1.1", "nan", "inf", "high", "0,5")),
        *(("QUOTH_DEVICE", bad) for bad in ("gpu", "CPU", "cuda:", "cpu cpu", "0")),
        *(("QUOTH_ALLOW_PRIVATE_ADDRESSES", bad) for bad in ("yes", "2", "true", "01")),
        *(("QUOTH_LOG_QUESTIONS", bad) for bad in ("yes", "2", "true")),
        *(("QUOTH_LOG_FORMAT", bad) for bad in ("JSON", "text", "1")),
        *(("QUOTH_METRICS_PORT", bad) for bad in ("-1", "65536", "port", "1e3", "80 81")),
        ("QUOTH_LIBRARY", "~nobody-of-that-name/x"),
        *(("QUOTH_LIBRARY", f"milvus://{bad}") for bad in ("", "host", "host/", "h:0/n", "h:x/n")),
        ("QUOTH_LIBRARY", "milvus://user@host/name"),
        ("QUOTH_ARTICLES", "~nobody-of-that-name/x"),
        ("QUOTH_ENCODER", "./no-such-model"),
        ("QUOTH_ENCODER", "/"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_it(
    inside: Quoth, name: str, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, bad)
    Path("seeds").mkdir()
    done = inside("ask", "Where?")
    assert done.status == 1
    assert name in done.error
    assert "unexpected" not in done.error
    assert not Path("library").exists()


def test_an_env_file_that_cannot_be_read_is_one_line(inside: Quoth) -> None:
    for content in (b"QUOTH_LIBRARY=\xff\n", "QUOTH_LIBRARY=x".encode("utf-16")):
        Path(".env").write_bytes(content)
        error = inside("status").error
        assert error.startswith("quoth: .env: cannot be read")
        assert error.endswith("save it as UTF-8")


def test_a_line_of_it_that_is_none_is_named_without_its_words(inside: Quoth) -> None:
    Path(".env").write_text("QUOTH_LIBRARY=x\n'DISCORD_TOKEN secret.token\n")
    error = inside("status").error
    assert error.startswith("quoth: .env:2: ")
    assert "secret" not in error


def test_an_env_file_of_windows_is_read() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfQUOTH_LIBRARY='my library'\r\nQUOTH_ENCODER=x\r\n")
    assert value("QUOTH_LIBRARY") == "my library"
    assert value("QUOTH_ENCODER") == "x"


def test_what_is_not_quoths_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PATH=x\nLIBRARY=y\nQUOTH_LIBRARY\n")
    monkeypatch.setenv("LIBRARY", "z")
    assert value("QUOTH_LIBRARY") == "library"


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("QUOTH_LIBRARY", "~/lib")
    assert settings.load().library == tmp_path / "lib"


def test_the_example_lists_every_setting_with_its_default_and_a_comment() -> None:
    blocks = EXAMPLE.read_text(encoding="utf-8").strip().split("\n\n")
    assignment = re.compile(r"([A-Z_]+)=(.*)")
    found = {}
    for block in blocks:
        *comment, last = block.split("\n")
        assert all(line.startswith("# ") for line in comment)
        if match := assignment.fullmatch(last):
            assert comment, f"{match[1]} is not explained"
            found[match[1]] = match[2]
    assert found == settings.DEFAULTS


def test_the_example_as_it_is_works() -> None:
    defaults = settings.load()
    Path(".env").write_bytes(EXAMPLE.read_bytes())
    assert settings.load() == defaults


def test_nothing_reads_the_environment_at_import(tmp_path: Path) -> None:
    code = """
import os, pkgutil, sys
class Watched(type(os.environ)):
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] in ("os", "_collections_abc", "collections.abc"):
            frame = frame.f_back
        reads.append((frame.f_globals["__name__"], name))
        return super().__getitem__(name)
reads = []
os.environ.__class__ = Watched
import bot, retrieval
for package in (bot, retrieval):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            __import__(module.name)
ours = [(who, name) for who, name in reads
        if name.startswith("QUOTH_") or name == "DISCORD_TOKEN"
        or who.split(".")[0] in ("bot", "retrieval")]
os.environ.get("HOME")
print(len(sys.modules) > 200, ours, reads[-1])
"""
    done = in_python(tmp_path, code, env={"QUOTH_LIBRARY": "x", "DISCORD_TOKEN": "y"})
    assert (done.status, done.err) == (0, "")
    assert done.out == "True [] ('__main__', 'HOME')\n"


def test_importing_needs_no_folder_to_write_in_and_no_settings_that_are_right(
    tmp_path: Path,
) -> None:
    code = "import bot.settings, bot.cli.startup, bot.cli.main; print('imported')"
    env = {"QUOTH_MIN_CONFIDENCE": "bad", "QUOTH_LIBRARY": ""}
    assert in_python(tmp_path, code, env=env).out == "imported\n"
    assert not [*tmp_path.iterdir()]
