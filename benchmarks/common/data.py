"""The data: where it is from, and how it is read.

The data is not part of the project. A folder with it is each script's argument (default
``data/``, which git ignores); every file is gzipped JSON lines:

- ``squad/dev``: ``paragraphs`` (id, title, text), ``questions`` (question, answers,
  paragraph_id) and ``unanswerable`` (question). Made from SQuAD 1.1 and 2.0
  (rajpurkar.github.io/SQuAD-explorer).
- ``news``: ``articles`` (id, title, date, source, url, text) and ``questions`` (question,
  answers, article_ids, other_articles_with_answer). The questions are RealTime QA's
  (github.com/realtimeqa/realtimeqa_public). ``archive``: 26,500 articles, those among them.
- ``followups``: ``articles`` (id, title, text) and ``questions`` (id, conversation, turn, question,
  history, article_ids, unanswerable, answers). INSCIT's dev set
  (github.com/ellenmellon/INSCIT).
"""

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

ArticleRow = dict[str, Any]
"""An article as a line of JSON: id, title and text, and what else there is."""


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes: the data's folder."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the data")
    return parser


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read gzipped JSON lines; ends the program with a line where they are missing."""
    if not path.exists():
        sys.exit(f"{path}: not there; benchmarks/common/data.py tells where the data is from")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
