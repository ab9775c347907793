"""What every library does, whichever kind it is: one suite for the folder and the servers."""

import datetime
import json
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.answering.answerer import Answerer
from retrieval.documents.article import id_key
from retrieval.documents.passages import split_into_passages
from retrieval.errors import LibraryError, MismatchError
from retrieval.ingest.dry_run import Note, dry_run
from retrieval.library import open as open_library
from retrieval.library.filter import Filter
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.models.encoder.base import Progress, Vectors
from tests.support.articles import reader, remove, write_jsonl
from tests.support.encoders import ScatteredEncoder
from tests.support.library_contract import ROWS, asking, bring, found, is_whole, listed


def test_where_nothing_is_indexed_it_says_so(place: Location, encoder: ScatteredEncoder) -> None:
    assert not open_library(place).exists()
    for open_it in (
        lambda: Answerer(place, encoder, reader(), 0.0),
        lambda: open_library(place).reader(),
        lambda: open_library(place).status(),
        lambda: open_library(place).verify(Reporter()),
        lambda: remove(place, "a"),
    ):
        with pytest.raises(LibraryError, match="no library there; run: quoth index"):
            open_it()


def test_what_was_indexed_is_found_read_listed_and_whole(
    place: Location, encoder: ScatteredEncoder, folder: Path
) -> None:
    long = "Sentences about nothing in particular fill this page. " * 800 + "A heron stood there."
    rows = [*ROWS, {"id": "long", "title": "A long one", "date": "1999-01-01", "text": long}]
    file = write_jsonl(folder / "a.jsonl", rows)
    summary, problems = bring(place, encoder, folder)
    assert (summary, problems) == (Summary(added=5), [])
    assert open_library(place).exists()
    assert is_whole(place)

    with asking(place, encoder) as answerer:
        assert found(answerer, "who repairs the bridge?")[0] == "bridge"
        assert found(answerer, "croissants of Þóra")[0] == "bakery"
        assert found(answerer, "where did the heron stand?")[0] == "long"
        by_key = answerer.article_with(id_key("bakery"))
        assert by_key is not None and by_key.text == ROWS[1]["text"]
        assert answerer.article_with(id_key("nobody")) is None
        bounds = {
            Filter(source="river post"): {"bridge", "harvest"},
            Filter(sources=frozenset({"NORÐRI"})): {"bakery"},
            Filter(sources=frozenset()): set(),
            Filter(withheld="River"): {"bakery", "lighthouse", "long"},
            Filter(withheld="River", own="River Post"): {row["id"] for row in rows},
        }
        for within, wanted in bounds.items():
            asked = "bridge croissants harvest gannets heron"
            assert set(found(answerer, asked, within)) == wanted, within

    with closing(open_library(place).reader()) as library, library.snapshot() as state:
        assert state.articles == 5
        stored = library.article("bridge")
        assert stored is not None
        assert stored.text == ROWS[0]["text"]
        assert (stored.title, str(stored.date), stored.source, stored.url) == (
            "Bridge closes", "2021-05-03", "River Post", "https://river.example/bridge",
        )  # fmt: skip
        whole = library.article("long")
        assert whole is not None and whole.text == long
        assert library.article("nobody") is None
    assert [each[0] for each in listed(place)] == [
        "harvest", "bakery", "bridge", "long", "lighthouse",
    ]  # fmt: skip
    status = open_library(place).status()
    assert (status.state.articles, status.pending, status.encoder) == (5, 0, encoder.identity)
    assert status.state.passages == sum(len(split_into_passages(row["text"])) for row in rows)
    with closing(open_library(place).reader()) as library, library.snapshot():
        assert [*library.files_known_under(str(folder))] == [str(file)]

    encoder.encoded.clear()  # the same again is no work
    assert bring(place, encoder, folder)[0] == Summary(unchanged=5)
    assert encoder.encoded == []
    with pytest.raises(MismatchError, match="made with the encoder readable@1, not another"):
        bring(place, ScatteredEncoder("another"), folder)
    with pytest.raises(MismatchError, match="made with the encoder readable@1, not another"):
        Answerer(place, ScatteredEncoder("another"), reader(), 0.0)


def test_days_bound_a_question(place: Location, encoder: ScatteredEncoder, folder: Path) -> None:
    write_jsonl(folder / "a.jsonl", ROWS)
    bring(place, encoder, folder)
    new_year, spring = datetime.date(2022, 1, 1), datetime.date(2022, 3, 15)
    asked = "bridge croissants harvest gannets"
    with asking(place, encoder) as answerer:
        assert set(found(answerer, asked, Filter(since=new_year))) == {"bakery", "harvest"}
        assert set(found(answerer, asked, Filter(until=spring))) == {"bridge", "bakery"}
        assert set(found(answerer, asked, Filter(since=spring, until=spring))) == {"bakery"}
        assert found(answerer, asked, Filter(since=new_year, source="Nobody")) == []


def test_changes_reach_who_is_asking(
    place: Location, encoder: ScatteredEncoder, folder: Path
) -> None:
    write_jsonl(folder / "a.jsonl", ROWS)
    write_jsonl(folder / "b.jsonl", [{"id": "fair", "title": "Fair", "text": "A fair is held."}])
    bring(place, encoder, folder)
    with asking(place, encoder) as answerer:
        assert "fair" in found(answerer, "when is the fair held?")
        changed = {**ROWS[0], "text": "The bridge in Marlow opened again."}
        new = {"id": "storm", "title": "Storm", "text": "A storm took the roof of the mill."}
        write_jsonl(folder / "a.jsonl", [changed, *ROWS[2:], new])
        (folder / "b.jsonl").unlink()
        done = Summary(added=1, updated=1, removed=2, unchanged=2)
        assert bring(place, encoder, folder)[0] == done
        time.sleep(2)  # what is promised: it is seen within two seconds
        assert found(answerer, "what took the roof of the mill?")[0] == "storm"
        answer = answerer.ask("did the bridge open?", 10)
        texts = {quote.text for quote in answer.quotes if quote.article.id == "bridge"}
        assert texts == {"The bridge in Marlow opened again."}
        assert {"bakery", "fair"}.isdisjoint(found(answerer, "fair croissants"))
        assert answer.library.articles == 4
    assert is_whole(place)

    assert remove(place, "storm")
    assert not remove(place, "storm")
    assert "storm" not in [each[0] for each in listed(place)]
    assert is_whole(place)
    # It comes back when its file is indexed again.
    assert bring(place, encoder, folder)[0].added == 1
    assert "storm" in [each[0] for each in listed(place)]
    assert is_whole(place)


def test_bad_lines_and_ids_in_two_files_are_named(
    place: Location, encoder: ScatteredEncoder, folder: Path
) -> None:
    first = write_jsonl(folder / "a.jsonl", [ROWS[0], "{no article", ROWS[2]])
    second = write_jsonl(folder / "b.jsonl", [{**ROWS[0], "text": "Another."}, ROWS[3]])
    summary, problems = bring(place, encoder, folder)
    assert (summary.added, summary.failed) == (3, 2)
    lines = sorted(str(problem) for problem in problems)
    assert lines[0].startswith(f"{first}:2: ")
    double = f"has an article with the id bridge, and so has {first}; change one"
    assert lines[1] == f"{second}: {double}"
    assert is_whole(place)
    # An article that moved from one file to another is in.
    write_jsonl(first, [ROWS[2]])
    assert bring(place, encoder, folder)[1] == []
    with closing(open_library(place).reader()) as library, library.snapshot():
        moved = library.article("bridge")
        assert moved is not None and moved.text == "Another."
    assert is_whole(place)


class _Failing(ScatteredEncoder):
    """Fails after some passages, as one does that is killed."""

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if len(self.encoded) + len(texts) > 500:
            raise RuntimeError("killed")
        return super().encode_passages(texts, progress)


def test_the_next_run_finishes_what_one_did_not(
    place: Location, encoder: ScatteredEncoder, folder: Path
) -> None:
    text = "\n\n".join(f"Paragraph {n} of an article. " * 9 for n in range(20))
    rows = [
        {"id": f"n{n}", "title": f"Title {n}", "text": f"Number {n}. {text}"} for n in range(60)
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(RuntimeError, match="killed"):
        bring(place, _Failing(), folder)
    bring(place, encoder, folder)
    assert len(listed(place)) == 60
    assert is_whole(place)


def test_what_would_be_done_is_told_and_not_done(
    place: Location, encoder: ScatteredEncoder, folder: Path
) -> None:
    def would_do() -> tuple[Summary, list[tuple[str, str]]]:
        told: list[tuple[str, str]] = []
        note: Note = lambda change, article, file: told.append((change, article))  # noqa: E731
        return dry_run([folder], place, Reporter(), note), sorted(told)

    file = write_jsonl(folder / "a.jsonl", ROWS[:3])
    ids = ["bakery", "bridge", "harvest"]
    assert would_do() == (Summary(added=3), [("added", each) for each in ids])
    assert not open_library(place).exists()
    bring(place, encoder, folder)
    assert would_do() == (Summary(unchanged=3), [])
    write_jsonl(file, [{**ROWS[0], "text": "Another."}, ROWS[1], ROWS[3]])
    done, told = would_do()
    assert done == Summary(added=1, updated=1, removed=1, unchanged=1)
    assert told == [("added", "lighthouse"), ("removed", "harvest"), ("updated", "bridge")]
    assert sorted(each[0] for each in listed(place)) == ids
