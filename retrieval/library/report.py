"""What a check found."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal[
    "database",  # SQLite's own checks
    "edition",  # what the marker names
    "article",  # a text that is not the one that was hashed, or a date that is none
    "passage",  # offsets, paragraphs and digests that are not those of the text
    "vector",  # of another length, not of unit length, or of nothing
    "queue",  # passages that wait for a vector and have one, or have none and do not wait
    "generation",  # numbers that no commit had
    "word index",  # not what the truth says it should be
    "vector index",  # the same
]

_SHOWN = 5


@dataclass(slots=True)
class Problem:
    """All that is wrong in one way.

    Attributes:
        examples: the first few, one line each.
    """

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What was checked, and what is wrong.

    Attributes:
        left_over: what a killed run left for the next one, or what is behind; nothing wrong.
        damaged: the numbers of the articles whose text cannot be trusted; on a server their keys.
        to_split: the numbers, or keys, of the articles whose passages are not those of their text.
        to_encode: the digests whose vectors are not what an encoder makes.
    """

    checked: dict[str, int] = field(default_factory=dict)
    problems: dict[Kind, Problem] = field(default_factory=dict)
    left_over: list[str] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)
    damaged: set[int] = field(default_factory=set)
    to_split: set[int] = field(default_factory=set)
    to_encode: set[bytes] = field(default_factory=set)

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def count(self) -> int:
        return sum(problem.count for problem in self.problems.values())

    def add(self, kind: Kind, line: str, count: int = 1) -> None:
        """Report something that is wrong; of each kind the first few lines are kept."""
        problem = self.problems.setdefault(kind, Problem())
        problem.count += count
        if len(problem.examples) < _SHOWN:
            problem.examples.append(line)

    def lines(self) -> list[str]:
        """What is wrong, a line each, and how much more of each kind there is."""
        lines = []
        for kind, problem in self.problems.items():
            lines += [f"{kind}: {line}" for line in problem.examples]
            if problem.count > len(problem.examples):
                lines.append(f"{kind}: and {problem.count - len(problem.examples):,} more")
        return lines


@dataclass(frozen=True, slots=True)
class LostArticle:
    """An article whose text cannot be trusted any more.

    Attributes:
        file: that it was read from, or None where that is not known.
        taken_out: whether it was removed, so that its file is read again; False where that is
            gone, too.
    """

    article: str
    file: str | None
    taken_out: bool


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair found and did.

    Attributes:
        lost: the articles whose text was damaged.
    """

    before: Report
    lost: list[LostArticle]
    after: Report
