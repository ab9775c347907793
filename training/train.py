"""Trains the reader; goes on where it was stopped.

    python -m training.train [--data DIR] [--work DIR] [--questions N] [--start FILE] …

Needs what ``training.mine`` wrote. Every few minutes ``<work>/checkpoint.pt`` is replaced; the
curve is in ``<work>/curve.csv``, and the finished model in ``<work>/reader.safetensors``. The
same seed and number of threads give the same model.
"""

import csv
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from retrieval.models.encoder.loader import DEFAULT_MODEL, local_folder
from training.batches import Row, RowBuilder, length_buckets, padded
from training.examples import Examples, TrainingQuestion, load
from training.export import from_onnx
from training.losses import reader_losses
from training.model import ReaderModel, half_precision, load_packaged
from training.neighbours import neighbours
from training.options import argument_parser
from training.validation import validation_metrics

_BATCH = 32  # questions
_BUCKETS = 8  # of like length, of a batch
_WARM_UP = 0.06  # of all steps
_DECAY = 0.01
_DROPOUT = 0.1
_CLIP = 1.0
_CHECKPOINT_STEPS = 100  # steps between checkpoints
_VALIDATED = 400  # held-out questions

# What each part of the loss counts.
_SPAN, _NO_SPAN, _RANK, _JUDGE, _PAIR = 1.0, 0.5, 1.0, 1.0, 0.5


class Trainer:
    """One run of training.

    Args:
        examples: to learn from.
        builder: makes the rows of each question.
        model: to begin with.
        work: where to keep checkpoints.
        visits: how many questions to learn from, in all.
        rate: the learning rate at its highest.
        seed: decides everything that is left to chance.
    """

    def __init__(
        self,
        examples: Examples,
        builder: RowBuilder,
        model: ReaderModel,
        work: Path,
        visits: int,
        rate: float,
        seed: int,
    ) -> None:
        self._rate = rate
        self._examples, self._builder, self._work, self._seed = examples, builder, work, seed
        self._steps = visits // _BATCH
        self.model = model
        learnt = [p for p in self.model.parameters() if p.requires_grad]
        plain = [p for p in learnt if p.ndim < 2]
        decayed = [p for p in learnt if p.ndim >= 2]
        self._optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": _DECAY}, {"params": plain, "weight_decay": 0.0}],
            lr=rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self._step = 0

    def run(self) -> None:
        """Train to the end, from the last checkpoint if there is one."""
        self._resume()
        began, pieces, parts = time.perf_counter(), 0, dict[str, float]()
        for step, questions in self._batches():
            rows = self._rows(step, questions)
            for group in self._optimizer.param_groups:
                group["lr"] = self._rate * self._schedule(step)
            losses = self._learn(rows)
            pieces += sum(len(row.ids) for row in rows)
            for name, value in losses.items():
                parts[name] = parts.get(name, 0.0) + value / 50
            self._step = step + 1
            if self._step % 50 == 0:
                speed = pieces / (time.perf_counter() - began)
                self._log({"step": self._step, "pieces/s": round(speed)} | _rounded(parts))
                began, pieces, parts = time.perf_counter(), 0, {}
            if self._step % _CHECKPOINT_STEPS == 0:
                self._save()
            if self._step % (4 * _CHECKPOINT_STEPS) == 0 or self._step == self._steps:
                figures = validation_metrics(
                    self.model, self._builder, self._examples.held_out[:_VALIDATED]
                )
                self._log({"step": self._step} | _rounded(figures))
                began = time.perf_counter()
        save_file(self.model.state_dict(), self._work / "reader.safetensors")

    def _batches(self) -> Iterator[tuple[int, list[TrainingQuestion]]]:
        questions = self._examples.training
        a_round = len(questions) // _BATCH
        for step in range(self._step, self._steps):
            order = np.random.default_rng((self._seed, step // a_round)).permutation(len(questions))
            at = step % a_round * _BATCH
            yield step, [questions[n] for n in order[at : at + _BATCH]]

    def _rows(self, step: int, questions: Sequence[TrainingQuestion]) -> list[Row]:
        rng = random.Random(self._seed * 1_000_003 + step)  # noqa: S311 - not a secret
        return [
            row
            for group, question in enumerate(questions)
            for row in self._builder.rows(question, group, rng)
        ]

    def _schedule(self, step: int) -> float:
        """Up in a line, then down in a line."""
        up = max(1.0, _WARM_UP * self._steps)
        return min((step + 1) / up, (self._steps - step) / max(1.0, self._steps - up))

    def _learn(self, rows: Sequence[Row]) -> dict[str, float]:
        self.model.train()
        parts = list(length_buckets(rows, _BUCKETS))
        with half_precision():
            scores = self.model([padded(part) for part in parts])
        losses = reader_losses(scores, parts)
        total = (
            _SPAN * losses["span"]
            + _NO_SPAN * losses["none"]
            + _RANK * losses["rank"]
            + _JUDGE * losses["judge"]
            + _PAIR * losses["pair"]
        )
        self._optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
        self._optimizer.step()
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _save(self) -> None:
        unfinished = self._work / "checkpoint.unfinished"
        state: dict[str, Any] = {
            "step": self._step,
            "steps": self._steps,
            "seed": self._seed,
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "chance": torch.get_rng_state(),
        }
        torch.save(state, unfinished)
        unfinished.replace(self._work / "checkpoint.pt")

    def _resume(self) -> None:
        path = self._work / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        if (state["steps"], state["seed"]) != (self._steps, self._seed):
            raise SystemExit(
                f"{path}: of another run; move it away, or go on with that one's flags"
            )
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["chance"])
        self._step = state["step"]

    def _log(self, figures: dict[str, float]) -> None:
        print("  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
        with (self._work / "curve.csv").open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(
                (figures["step"], name, value) for name, value in figures.items() if name != "step"
            )


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def main() -> None:
    """Train from the command line."""
    parser = argument_parser(__doc__)
    parser.add_argument("--questions", type=int, default=105_000, help="to learn from, in all")
    parser.add_argument("--wrong", type=int, default=1, help="wrong passages for each question")
    parser.add_argument("--changed", type=float, default=0.4, help="share of questions changed")
    parser.add_argument(
        "--start",
        type=Path,
        help="a reader to go on from, for a second round: .safetensors, or .onnx",
    )
    parser.add_argument("--rate", type=float, default=3e-4, help="the learning rate at its highest")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = local_folder(DEFAULT_MODEL)
    if folder is None:
        raise SystemExit(f"{DEFAULT_MODEL}: not installed")
    # FAISS, which the search has told to use one thread, shares its threads with torch.
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    examples = load(options.data, options.work)
    print(f"{len(examples.training):,} questions, {len(examples.held_out):,} held out", flush=True)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    builder = RowBuilder(
        examples, tokenizer, neighbours(folder, tokenizer), options.wrong, options.changed
    )
    torch.manual_seed(options.seed)
    model = load_packaged(folder, _DROPOUT)
    if options.start:
        model.load_state_dict(
            from_onnx(options.start)
            if options.start.suffix == ".onnx"
            else load_file(options.start)
        )
    Trainer(
        examples, builder, model, options.work, options.questions, options.rate, options.seed
    ).run()


if __name__ == "__main__":
    main()
