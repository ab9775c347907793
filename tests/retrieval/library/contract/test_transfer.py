"""A library moved from one place to another, whichever kind is at either end."""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.errors import MismatchError, ReadingError
from retrieval.library import open as open_library
from retrieval.library.location import Location, as_setting
from retrieval.library.progress import Reporter, Summary
from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library
from tests.support.articles import contents, write_jsonl
from tests.support.encoders import ScatteredEncoder
from tests.support.library_contract import ROWS, asking, bring, found, is_whole

LONG = {
    "id": "long",
    "title": "A long one",
    "text": "It goes on. " * 1_500 + "A heron stood there.",
}
TWICE = {"id": "twice", "title": "Said twice", "text": f"{'Again. ' * 40}\n\n" * 2}

IMPORTER = """
import sys
from pathlib import Path
from bot.settings import load
from retrieval.library.progress import Reporter
from retrieval.transfer.import_ import import_library
def progress(stage, done, total):
    print(stage, done, flush=True)
import_library(Path(sys.argv[1]), load(sys.argv[2]).library, Reporter(progress=progress))
"""


def move(source: Location, file: Path, target: Location) -> tuple[Summary, list[ReadingError]]:
    problems: list[ReadingError] = []
    export_library(source, file, Reporter())
    return import_library(file, target, Reporter(problem=problems.append)), problems


def test_there_and_back_all_is_as_it_was(
    place: Location, encoder: ScatteredEncoder, folder: Path, tmp_path: Path
) -> None:
    first, last = tmp_path / "first", tmp_path / "last"
    write_jsonl(folder / "a.jsonl", [*ROWS, LONG])
    write_jsonl(folder / "b.jsonl", [TWICE, "{no article"])
    bring(first, encoder, folder)
    encoder.encoded.clear()

    assert move(first, tmp_path / "there", place) == (Summary(added=6), [])
    assert is_whole(place)
    assert move(place, tmp_path / "back", last) == (Summary(added=6), [])
    assert is_whole(last)
    assert contents(last) == contents(first)
    questions = "who repairs the bridge?", "what stood there?", "how many gannets?"
    for other in (place, last):
        with asking(first, encoder) as before, asking(other, encoder) as after:
            for question in questions:
                assert found(after, question)[0] == found(before, question)[0]
                quote, same = (each.ask(question, 1).quotes[0] for each in (before, after))
                assert (same.text, same.answer) == (quote.text, quote.answer)

    # The same again changes nothing, and what is indexed next is known already.
    assert import_library(tmp_path / "there", place, Reporter()) == Summary(unchanged=6)
    done, problems = bring(place, encoder, folder)
    assert done == Summary(unchanged=6, failed=1)
    assert len(problems) == 1
    assert encoder.encoded == []


def test_what_is_there_already_stays_and_ids_of_two_files_are_named(
    place: Location, encoder: ScatteredEncoder, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    ours = write_jsonl(folder / "ours" / "a.jsonl", [ROWS[0], ROWS[1]])
    theirs = write_jsonl(
        folder / "theirs" / "a.jsonl", [{**ROWS[0], "text": "Another."}, ROWS[2], ROWS[3]]
    )
    bring(source, encoder, theirs.parent)
    bring(place, encoder, ours.parent)
    done, problems = move(source, tmp_path / "file", place)
    assert done == Summary(added=2, failed=1)
    assert [str(each) for each in problems] == [
        f"{theirs}: has an article with the id bridge, and so has {ours}; change one"
    ]
    assert is_whole(place)
    with closing(open_library(place).reader()) as library, library.snapshot():
        kept = library.article("bridge")
        assert kept and kept.text == ROWS[0]["text"]
    # An article whose file is gone is replaced.
    ours.unlink()
    assert import_library(tmp_path / "file", place, Reporter()) == Summary(updated=1, unchanged=2)
    assert is_whole(place)


def test_another_encoders_library_is_refused_by_name(
    place: Location, encoder: ScatteredEncoder, folder: Path, tmp_path: Path
) -> None:
    write_jsonl(folder / "a.jsonl", ROWS)
    bring(tmp_path / "source", ScatteredEncoder("another@2"), folder)
    bring(place, encoder, folder)
    with pytest.raises(MismatchError) as refused:
        move(tmp_path / "source", tmp_path / "file", place)
    assert str(refused.value) == (
        f"{tmp_path / 'file'}: has vectors of the encoder another@2, and {place} those of"
        " readable@1; import it into another library"
    )
    assert is_whole(place)


def test_one_that_is_killed_half_way_goes_on_when_repeated(
    place: Location, encoder: ScatteredEncoder, folder: Path, tmp_path: Path
) -> None:
    text = "\n\n".join(f"Paragraph {n} tells of the river. " * 8 for n in range(8))
    rows = [{"id": f"n{n}", "title": f"Title {n}", "text": f"{n}. {text}"} for n in range(900)]
    write_jsonl(folder / "a.jsonl", rows)
    bring(tmp_path / "source", encoder, folder)
    export_library(tmp_path / "source", tmp_path / "file", Reporter())
    killed = subprocess.Popen(
        [sys.executable, "-c", IMPORTER, str(tmp_path / "file"), as_setting(place)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    assert killed.stdout
    for line in killed.stdout:
        if line == "Importing 600\n":
            break
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    # What is there is whole, as far as it got.
    left = open_library(place).status().state
    assert 0 < left.articles < 900
    done = import_library(tmp_path / "file", place, Reporter())
    assert (done.added + done.unchanged, done.failed) == (900, 0)
    assert is_whole(place)
    assert open_library(place).status().state.articles == 900
