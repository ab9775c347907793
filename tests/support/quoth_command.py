"""Runs the real command, as a person or a script would, and what it is run on."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sysconfig.get_path("scripts"), "quoth"))
BRIDGE = (
    "The old stone bridge in Marlow closed on Monday for repairs.\n\n"
    "Engineer Ada Okafor said that the repairs of the bridge will cost 3.2 million pounds.\n\n"
    "Boats may still pass below it until October."
)
BAKERY = (
    "👩‍🍳🥐 Café Zoë in Reykjavík opened its doors — at last! 🎉\n\n"
    "Þóra Jónsdóttir, the baker, bakes 1,200 croissants 🥐🥐 every morning at Café Zoë.\n\n"
    "Die Bäckerei nebenan schloß 1987; nur e\u0301in Schild blieb. 🪧"
)
ARTICLES: list[dict[str, str | None]] = [
    {"id": "bridge", "title": "Bridge closes", "date": "2021-05-03", "source": "River Post",
     "url": "https://river.example/bridge", "text": BRIDGE},
    {"id": "bakery", "title": "A bakery 🥐 opens", "date": "2022-03-15", "source": "Norðri",
     "url": None, "text": BAKERY},
    {"id": "harvest", "title": "Apple harvest", "date": "2022-12-31", "source": "River Post",
     "url": None, "text": "The apple harvest in Marlow was the largest for ten years."},
    {"id": "lighthouse", "title": "The lighthouse", "date": None, "source": None, "url": None,
     "text": "The lighthouse keeper of Skerry Rock counted forty gannets before breakfast."},
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of the command left behind."""

    status: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        """The one JSON object that was printed."""
        (value,) = self.objects
        return value

    @property
    def objects(self) -> list[Any]:
        """The JSON objects that were printed, one a line and nothing else."""
        assert self.out.endswith("\n")
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> str:
        """The one line on standard error, with nothing on standard output."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        return line


Quoth = Callable[..., Done]


def run(
    cwd: Path,
    arguments: Sequence[str | bytes],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    program: Sequence[str] = (COMMAND,),
    debug: bool = False,
) -> Done:
    """Run the command in a folder; a traceback or a raw escape is never right."""
    done = subprocess.run(
        [*prefix, *program, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    if not debug and "--debug" not in arguments:
        assert "Traceback" not in err
    assert "\x1b" not in out + err, "colours in a pipe"
    return Done(done.returncode, out, err)


def write_jsonl(path: Path, articles: Sequence[Mapping[str, object]]) -> None:
    """Write articles, one a line."""
    lines = (json.dumps(article, ensure_ascii=False) + "\n" for article in articles)
    path.write_text("".join(lines), encoding="utf-8")


def in_python(cwd: Path, code: str, **options: Any) -> Done:
    """Run a piece of Python in a process of its own."""
    return run(cwd, ["-c", code], program=[sys.executable], **options)


def news_in(folder: Path) -> Path:
    """A folder with an article that is no longer in the writing when a watch begins."""
    news = folder / "news"
    news.mkdir()
    tram = news / "tram.txt"
    tram.write_text("Tram\n\nMayor Lindqvist opened the tram line.\n")
    os.utime(tram, (1e9, 1e9))
    return news
