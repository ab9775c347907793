"""What the tests of retrieval share."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.encoders import ReadableEncoder, ScatteredEncoder

# How long one example takes says more about the machine than about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Where a test's library goes; nothing is there yet."""
    return tmp_path / "library"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """An empty folder for a test's files."""
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


@pytest.fixture
def encoder() -> ReadableEncoder:
    """An encoder whose vectors can be read."""
    return ReadableEncoder()


@pytest.fixture
def scattered() -> ScatteredEncoder:
    """An encoder without ties."""
    return ScatteredEncoder()
