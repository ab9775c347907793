"""How long a stranger waits: ``quoth ask`` as a whole process, beside importing a library.

    python -m benchmarks.speed.cold_start

Times ``quoth ask`` on a library of the seed article in turn with ``import
sentence_transformers`` (which is what others do before anything else), with importing what Quoth
itself runs on, and with ``quoth --help``.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.common.data import argument_parser
from benchmarks.common.process import run_process

SEEDS = Path(__file__).parents[2] / "seeds"


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        quoth = [python, "-m", "bot"]
        library = ["--library", str(Path(folder) / "library")]
        run_process([*quoth, "index", str(SEEDS), *library])
        commands = {
            "quoth ask": [*quoth, "ask", "where were the talks held?", *library],
            "import sentence_transformers": [python, "-c", "import sentence_transformers"],
            "import onnxruntime, tokenizers, faiss, tantivy, numpy": [
                python,
                "-c",
                "import onnxruntime, tokenizers, faiss, tantivy, numpy",
            ],
            "quoth --help": [*quoth, "--help"],
        }
        for command in commands.values():
            run_process(command)  # once, so that the files are in memory for all of them
        runs = [
            {name: run_process(command) for name, command in commands.items()}
            for _ in range(options.runs)
        ]
    print(
        f"{'median of ' + str(options.runs) + ' whole processes':56} seconds      MB  ask's ratio"
    )
    asked = [each["quoth ask"].seconds for each in runs]
    for name in commands:
        seconds = [each[name].seconds for each in runs]
        memory = statistics.median(each[name].megabytes for each in runs)
        ratio = statistics.median(a / b for a, b in zip(asked, seconds, strict=True))
        print(f"{name:56} {statistics.median(seconds):7.3f} {memory:7.0f}  {ratio:.3f}")


if __name__ == "__main__":
    main()
