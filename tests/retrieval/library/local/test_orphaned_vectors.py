"""What no passage needs is swept away, whoever left it: this run or one that was killed."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.library.local import transaction
from retrieval.library.local.writer import LocalWriter
from tests.support.articles import article, truth

Step = tuple[str, ...]

_NAMES = ("a", "b", "c")
_TEXTS = ("The river rose.", "The king spoke.", "The river rose.\n\nThe flood came.")
_STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(_NAMES), st.sampled_from(_TEXTS)),
    st.tuples(st.just("remove"), st.sampled_from(_NAMES)),
    st.tuples(st.sampled_from(("encode", "sweep", "fail", "commit", "reopen"))),
)


class _FailedError(Exception):
    pass


@given(st.lists(_STEPS, max_size=30), st.booleans(), st.sampled_from((0, 1, 10_000)))
def test_after_a_sweep_there_is_what_the_passages_need_and_nothing_else(
    steps: list[Step], by_another: bool, many: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "_MANY_GONE", many)
        library = Path(folder) / "library"
        steps = [*steps, ("commit",), ("reopen",) if by_another else ("commit",), ("sweep",)]
        for run in _split(steps, "reopen"):
            with LocalWriter(library) as writer:
                for changes in _split(run, "commit"):
                    _commit(writer, changes)
                unswept = writer.unswept()
        assert not unswept
        with closing(truth(library)) as connection:
            needed, vectors, pending = (
                {row[0] for row in connection.execute(f"SELECT digest FROM {table}")}  # noqa: S608
                for table in ("passages", "vectors", "pending")
            )
        assert vectors | pending == needed
        assert not vectors & pending


def _split(steps: Sequence[Step], at: str) -> Iterator[list[Step]]:
    """The steps between those of a name."""
    part: list[Step] = []
    for step in steps:
        if step[0] == at:
            yield part
            part = []
        else:
            part.append(step)
    yield part


def _commit(writer: LocalWriter, steps: Sequence[Step]) -> None:
    """Take steps in one commit, up to one that fails."""
    with suppress(_FailedError), writer.commit() as change:
        for step, *about in steps:
            if step == "put":
                change.put(article(*about), "test")
            elif step == "remove":
                change.remove(*about)
            elif step == "encode":
                digests = [
                    row[0] for row in change.changes.connection.execute("SELECT * FROM pending")
                ]
                change.store_vectors(digests, np.ones((len(digests), 4), dtype=np.float32))
            elif step == "sweep":
                change.sweep()
            elif step == "fail":
                raise _FailedError
