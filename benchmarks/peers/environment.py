"""The peers' own virtual environment, made from ``requirements.txt``, and what each one weighs."""

import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.peers.processes import ROOT, run

REQUIREMENTS = Path(__file__).with_name("requirements.txt")

NEEDS = {
    "LangChain (FAISS)": [
        "langchain-community",
        "langchain-huggingface",
        "langchain-text-splitters",
        "sentence-transformers",
        "faiss-cpu",
    ],
    "LlamaIndex": ["llama-index-core", "llama-index-embeddings-huggingface"],
    "Haystack": ["haystack-ai", "sentence-transformers-haystack", "sentence-transformers"],
    "txtai (hybrid)": ["txtai", "langchain-text-splitters"],
}
"""What a user of each installs, as its documentation says."""


def make(folder: Path) -> str:
    """Make the environment, or bring it up to date.

    Args:
        folder: where it is kept from run to run, outside the repository.

    Returns:
        Its Python.
    """
    if folder.resolve().is_relative_to(ROOT):
        sys.exit(f"{folder}: inside the repository; name a folder outside it")
    python = folder / "bin" / "python"
    made_from = folder / "made-from.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not made_from.exists() or made_from.read_text(encoding="utf-8") != wanted:
        print(f"Installing the peers into {folder} (minutes)", file=sys.stderr)
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)]
        subprocess.run(install, check=True)
        made_from.write_text(wanted, encoding="utf-8")
    return str(python)


def weigh(python: str, needs: list[str], *also: Path) -> float:
    """The megabytes that packages take with all that they need, and those of folders beside them.

    Args:
        python: of the environment that has them.
        needs: their names.
        also: folders that belong to it.
    """
    packages = float(run([python, "-m", "benchmarks.peers.installed_size", *needs]).output)
    files = (file for folder in also for file in folder.rglob("*") if file.is_file())
    return packages + sum(file.stat().st_size for file in files) / 1e6
