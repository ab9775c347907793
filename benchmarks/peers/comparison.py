"""Quoth beside LangChain (FAISS), LlamaIndex, Haystack and txtai (hybrid), in one run, in turn.

    python -m benchmarks.peers.comparison --environment DIR [--data DIR] [--articles N] [--runs N]
        [--plot FILE]

Each is used as its own documentation tells (``benchmarks/peers``), with the same model from the
same folder and no network. ``--environment`` is a folder outside the repository: the peers are
installed there once, as ``benchmarks/peers/requirements.txt`` pins them.

The articles are of ``news``: three quarters of them answer the questions that Quoth's weights were
not fitted on, as long as there are such, and the others are any. A peer's pieces are of 320
characters at most, Quoth's longest quote, and its results are cut there. Each time is a median;
memory counts a process with its children. Prints tables in Markdown.

Nearly all of the time is the peers' loading and encoding: 200 articles and 3 runs take 16 minutes
on 2 cores. On a machine that is not idle only the memory, the quotes and what is installed are
worth reading: ``quoth index`` stands back for others, and times are of what is left.
"""

import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.common.collections import news
from benchmarks.common.data import ArticleRow, argument_parser
from benchmarks.peers.environment import NEEDS, make, weigh
from benchmarks.peers.processes import ROOT, FinishedTool, RunningTool, run
from benchmarks.peers.sample import Sample, sample
from benchmarks.peers.table import QUOTH, SEARCH, PeerMeasurements, goals, table
from retrieval.documents.passages import MAX_CHARACTERS, encoder_text, split_into_passages
from retrieval.evaluation.metrics import answer_in_quote
from retrieval.models.encoder import DEFAULT_MODEL
from retrieval.models.encoder.loader import local_folder

RUNNERS = dict(
    zip(
        NEEDS,
        ("langchain", "llama_index", "haystack", "txtai"),
        strict=True,
    )
)
ENCODED = 2_000  # passages, in the race against SentenceTransformer.encode
IMPORTS = "import onnxruntime, tokenizers, faiss, tantivy, numpy"
PAUSE = 0.02  # seconds after an answer, in which its threads come to rest


class Comparison:
    """Measures every tool in turn.

    Args:
        python: of the peers' environment.
        folder: for indexes.
        chosen: what is indexed and asked.
        runs: how often a whole process is run.
    """

    def __init__(self, python: str, folder: Path, chosen: Sample, runs: int) -> None:
        model = local_folder(DEFAULT_MODEL)
        self._python, self._model = python, str(model)
        self._folder, self._chosen, self._runs = folder, chosen, runs
        self.figures = {name: PeerMeasurements() for name in (QUOTH, SEARCH, *RUNNERS)}
        self._articles = _written(folder / "all" / "articles.jsonl", chosen.articles)
        self._one = _written(folder / "one" / "article.jsonl", chosen.articles[:1])
        self._question = chosen.questions[0].text

    def weigh(self) -> None:
        """Measure what is installed; the model, which peers fetch, is added to theirs."""
        code = (ROOT / "bot", ROOT / "retrieval")
        self.figures[QUOTH].installed = weigh(sys.executable, ["quoth"], *code)
        for name, needs in NEEDS.items():
            self.figures[name].installed = weigh(self._python, needs, Path(self._model))

    def first_answers(self) -> None:
        """From nothing to an answer: one article indexed, and one question asked."""
        for number in range(self._runs):
            for fresh in (True, False):
                settings = {"QUOTH_ARTICLES": str(self._one.parent)}
                if fresh:  # the model is not prepared either
                    settings["XDG_CACHE_HOME"] = str(self._folder / f"cache-{number}")
                library = str(self._folder / f"first-{number}-{fresh}")
                took = _quoth("ask", self._question, "--library", library, settings=settings)
                kept = self.figures[QUOTH]
                (kept.first_ever if fresh else kept.first).append(took.seconds)
            for name in RUNNERS:
                place = str(self._folder / f"first-{number}-{RUNNERS[name]}")
                took = self._peer(name, "first", place, str(self._one), self._question)
                self.figures[name].first.append(took.seconds)
                self.figures[name].first_ever.append(took.seconds)

    def index(self) -> None:
        """Index all articles with each tool."""
        took = _quoth("index", str(self._articles.parent), "--library", self._place(QUOTH))
        kept = self.figures[QUOTH]
        kept.indexing, kept.index_megabytes = took.seconds, took.megabytes
        kept.pieces = sum(len(split_into_passages(row["text"])) for row in self._chosen.articles)
        for name in RUNNERS:
            took = self._peer(name, "index", self._place(name), str(self._articles))
            kept = self.figures[name]
            kept.indexing, kept.index_megabytes = took.seconds, took.megabytes
            kept.pieces = json.loads(took.output)["pieces"]
            _tell(f"{name} indexed {kept.pieces} pieces in {took.seconds:.0f} s")

    def cold(self) -> list[float]:
        """Ask one question of each index in a process of its own; the seconds of bare imports."""
        imports = []
        for number in range(self._runs + 1):
            bare = run([sys.executable, "-c", IMPORTS])
            ours = _quoth("ask", self._question, "--library", self._place(QUOTH))
            theirs = {name: self._peer(name, "ask", self._place(name), self._question)
                      for name in RUNNERS}  # fmt: skip
            if number:  # the first round brings the files into memory for all of them
                imports.append(bare.seconds)
                for name, took in {QUOTH: ours, **theirs}.items():
                    self.figures[name].cold.append(took.seconds)
        return imports

    def warm(self) -> None:
        """Ask every question of each tool in turn, all of them running; then add articles."""
        running = {
            QUOTH: RunningTool([*_OURS, "serve", self._place(QUOTH)]),
            SEARCH: RunningTool([*_OURS, "search", self._place(QUOTH)]),
            **{
                name: RunningTool(self._command(name, "serve", self._place(name)))
                for name in RUNNERS
            },
        }
        for process in running.values():
            process.hear()
            process.ask(self._question)
        for question in self._chosen.questions:
            for name, process in running.items():
                seconds, quotes = process.ask(question.text)
                cut = [
                    answer_in_quote(question.answers, quote[:MAX_CHARACTERS]) for quote in quotes
                ]
                self.figures[name].warm.append(seconds)
                self.figures[name].right.append((any(cut[:1]), any(cut[:3])))
                time.sleep(PAUSE)
        for article in self._chosen.more:
            for name in (QUOTH, *RUNNERS):
                self.figures[name].adding.append(running[name].add(article))
                time.sleep(PAUSE)
        for name, process in running.items():
            self.figures[name].ask_megabytes, _ = process.finish()

    def encode(self) -> tuple[list[float], list[float], int]:
        """Encode the same passages with Quoth and with ``SentenceTransformer.encode``, in turn."""
        texts = [
            encoder_text(row["title"], row["text"][passage.start : passage.end])
            for row in self._chosen.articles
            for passage in split_into_passages(row["text"])
        ][:ENCODED]
        file = self._folder / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf-8")
        commands = (
            [*_OURS, "encode", str(file)],
            [self._python, "-m", "benchmarks.peers.sentence_transformer", self._model, str(file)],
        )
        took: tuple[list[float], list[float]] = ([], [])
        for _ in range(self._runs):
            for command, seconds in zip(commands, took, strict=True):
                seconds.append(json.loads(run(command).output.splitlines()[-1])["seconds"])
        return *took, len(texts)

    def _place(self, name: str) -> str:
        return str(self._folder / RUNNERS.get(name, "library"))

    def _command(self, name: str, command: str, place: str, *rest: str) -> list[str]:
        module = f"benchmarks.peers.{RUNNERS[name]}"
        return [self._python, "-m", module, command, self._model, place, *rest]

    def _peer(self, name: str, command: str, place: str, *rest: str) -> FinishedTool:
        return run(self._command(name, command, place, *rest))


_OURS = [sys.executable, "-m", "benchmarks.peers.quoth"]


def _quoth(*arguments: str, settings: dict[str, str] | None = None) -> FinishedTool:
    return run([sys.executable, "-m", "bot", *arguments], settings)


def _written(path: Path, articles: list[ArticleRow]) -> Path:
    path.parent.mkdir()
    with path.open("w", encoding="utf-8") as lines:
        for row in articles:
            known = {key: row[key] for key in ("id", "title", "date", "source", "url", "text")}
            lines.write(json.dumps(known) + "\n")
    return path


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--environment", type=Path, required=True, help="where the peers are kept")
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5, help="of each whole process")
    parser.add_argument("--plot", type=Path, help="a picture of it")
    options = parser.parse_args()
    chosen = sample(news(options.data), options.articles, options.runs)
    python = make(options.environment)
    with TemporaryDirectory() as folder:
        race = Comparison(python, Path(folder), chosen, options.runs)
        _tell(f"{len(chosen.articles)} articles, {len(chosen.questions)} questions")
        race.weigh()
        _tell("first answers")
        race.first_answers()
        _tell("indexing")
        race.index()
        _tell("cold questions")
        imports = race.cold()
        _tell("warm questions, and articles added")
        race.warm()
        _tell("encoding")
        ours, original, count = race.encode()
    cores = len(os.sched_getaffinity(0))
    print(
        f"\n{len(chosen.articles)} articles of news, {len(chosen.questions)} questions,"
        f" {options.runs} runs, {cores} cores\n"
    )
    print(table(race.figures))
    print(
        f"\n{count} passages: Quoth encodes {count / median(ours):.0f} a second,"
        f" `SentenceTransformer.encode` {count / median(original):.0f}\n"
    )
    print(goals(race.figures, imports, ours, original))
    if options.plot:
        # Imported here because whoever wants no picture need not install what draws it.
        from benchmarks.peers.plot import draw

        draw(options.plot, race.figures)


if __name__ == "__main__":
    main()
