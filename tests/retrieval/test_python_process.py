"""Processes of our own run none of the code that lies in the folder that one stands in."""

import ast
import subprocess
import sys
from pathlib import Path

from retrieval.python_process import module_command, module_environment

ROOT = Path(__file__).parents[2]
STARTS = {"Popen", "run", "call", "check_call", "check_output", "system", "spawnv", "execv"}

SPLIT = """
from retrieval.documents.article import Article
from retrieval.library.local.split_process import SplitProcess
process = SplitProcess()
article = Article("a", "A", None, None, None, "Words of an article, again and again. " * 100_000)
print(len(process.begin([article])()))
process.close()
"""


def test_what_lies_in_the_folder_is_not_run(tmp_path: Path) -> None:
    for name in ("contextlib", "marshal", "signal", "retrieval", "bot", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open('it-was-run', 'w')")
    split = subprocess.run(
        [sys.executable, "-P", "-c", SPLIT],
        cwd=tmp_path, env=module_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (split.stdout, split.stderr) == ("1\n", "")
    help_ = subprocess.run(
        module_command("bot", "--help"),
        cwd=tmp_path, env=module_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert help_.stdout.startswith("Usage: quoth")
    assert not (tmp_path / "it-was-run").exists()


def test_every_process_is_started_through_it() -> None:
    """Whatever starts a process takes its command from ``module_command``."""
    around = []
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("retrieval/**/*.py")]:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if ast.unparse(call.func.value) not in ("subprocess", "os"):
                continue
            if call.func.attr not in STARTS:
                continue
            command = ast.unparse(call.args[0]) if call.args else ""
            if not command.startswith("module_command(") and command != "self._command":
                around.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert around == []
    supervisor = (ROOT / "bot/cli/watch_supervisor.py").read_text(encoding="utf-8")
    assert "self._command = module_command(" in supervisor
