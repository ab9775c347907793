"""What every training script takes."""

import argparse
from pathlib import Path

from benchmarks.common import data


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the data's folder and the one for what is made on the way."""
    parser = data.argument_parser(description)
    parser.add_argument(
        "--work", type=Path, default=Path("training/work"), help="folder for what is made"
    )
    return parser
