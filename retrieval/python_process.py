"""How a Python process of our own is started: the one place that does."""

import os
import sys
from pathlib import Path

_IMPORT_ROOT = Path(__file__).parents[1]  # where ``bot`` and ``retrieval`` are imported from


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module. Nothing is imported from the folder that it is run in."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(**more: str) -> dict[str, str]:
    """The environment of such a process: this one's, our own code first in the import path."""
    return {**os.environ, "PYTHONPATH": str(_IMPORT_ROOT), **more}  # noqa: TID251 - handed on
