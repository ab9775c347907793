"""What the tests of the command line share: a folder, a library, and ways to run the command."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.main import _run
from retrieval.models.encoder import load_encoder
from tests.support.quoth_command import ARTICLES, Done, Quoth, run, write_jsonl


@pytest.fixture(scope="session", autouse=True)
def _exported_encoder() -> None:
    """Export the encoder into the user's cache, where that has not been done."""
    load_encoder()


@pytest.fixture(scope="session", autouse=True)
def _no_settings() -> Iterator[None]:
    """Whoever runs the tests may have settings of their own."""
    theirs = {"DISCORD_TOKEN", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "PYTHONUNBUFFERED"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith("QUOTH_") or name in theirs:
                patch.delenv(name)
        yield


@pytest.fixture
def quoth(tmp_path: Path) -> Quoth:
    """Run ``quoth`` in this test's folder: ``quoth("ask", "Where?", stdin=b"")``."""
    return lambda *arguments, **options: run(tmp_path, arguments, **options)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library with ``ARTICLES``, which tests ask and do not write."""
    folder = tmp_path_factory.mktemp("shelf")
    write_jsonl(folder / "articles.jsonl", ARTICLES)
    done = run(folder, ["index", "articles.jsonl"])
    assert (done.status, done.err) == (0, "")
    return folder / "library"


@pytest.fixture
def ask(quoth: Quoth, shelf: Path) -> Quoth:
    """Ask the shelf: ``ask("Where?", "--json")``."""
    return lambda *arguments, **options: quoth(
        "ask", "--library", str(shelf), *arguments, **options
    )


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Quoth:
    """Like ``quoth``, but in this process: faster, for the many variants of a case."""
    monkeypatch.chdir(tmp_path)
    # This process works for other tests too, and could not come forward again.
    monkeypatch.setattr("bot.priority.lower_priority", lambda: None)

    def run_inside(*arguments: str) -> Done:
        capsys.readouterr()
        status = _run([*arguments])
        told = capsys.readouterr()
        assert "\x1b" not in told.out + told.err
        return Done(status, told.out, told.err)

    return run_inside


@pytest.fixture
def ask_inside(inside: Quoth, shelf: Path) -> Quoth:
    """Ask the shelf, in this process."""
    return lambda *arguments: inside("ask", "--library", str(shelf), *arguments)


@pytest.fixture(scope="session")
def as_a_user() -> list[str]:
    """What to put before a command so that permissions hold for it: root ignores them."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("root, and no setpriv that could give its powers up")
    return prefix
