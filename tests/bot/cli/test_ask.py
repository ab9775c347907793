"""``quoth ask`` as a person sees it in a pipe, and its exit status."""

from pathlib import Path

import pytest

from tests.support.quoth_command import BRIDGE, Quoth

COST = "How much will the repairs of the bridge cost?"
COST_SENTENCE = (
    "Engineer Ada Okafor said that the repairs of the bridge will cost 3.2 million pounds."
)


def quoted(out: str) -> list[str]:
    """The words of each quote, its lines put together again."""
    blocks = [[line[2:] for line in b.splitlines() if line.startswith("> ")] for b in split(out)]
    return [" ".join(" ".join(block).split()) for block in blocks]


def split(out: str) -> list[str]:
    """One block a quote with its citation."""
    return [block for block in out.split("\n\n") if block.lstrip("\n").startswith("> ")]


def test_an_answer_is_quotes_apart_from_citations_and_how_sure_it_is(ask: Quoth) -> None:
    done = ask(COST, "--top", "1")
    assert (done.status, done.err) == (0, "")
    assert COST_SENTENCE in quoted(done.out)[0]
    lines = done.out.splitlines()
    citation = [line for line in lines if line.startswith("  ")]
    assert " ".join(" ".join(citation).split()) == (
        "[1] Bridge closes · River Post · 2021-05-03 · ¶ 1–3 · https://river.example/bridge"
    )
    assert not any("[1]" in line for line in lines if line.startswith(">"))
    assert lines[-1].startswith(("Very likely (", "Probably (", "Perhaps ("))
    assert lines[-1].endswith("%)")


def test_every_quote_is_words_of_the_article(ask: Quoth) -> None:
    for quote in quoted(ask("Marlow bridge repairs", "--source", "River Post").out):
        harvest = "The apple harvest in Marlow was the largest for ten years."
        assert quote in " ".join(BRIDGE.split()) or quote in harvest


@pytest.mark.parametrize("width", [20, 33, 80, 100, 200])
def test_it_is_wrapped_to_the_width_but_never_wider_than_100(
    ask_inside: Quoth, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = ask_inside(COST)
    lines = done.out.splitlines()
    longest = max(len(line) for line in lines)
    assert longest <= min(width, 100)
    assert longest > min(width, 100) - 20, "the width is used"
    assert COST_SENTENCE in " ".join(quoted(done.out))


@pytest.mark.parametrize("width", ["0", "1", "2", "5", "wide"])
def test_a_width_that_is_none_loses_no_words(
    ask_inside: Quoth, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    done = ask_inside(COST, "--top", "1")
    assert done.status == 0
    assert COST_SENTENCE in quoted(done.out)[0]


def test_not_found_is_said_and_the_nearest_passages_are_called_that(ask: Quoth) -> None:
    done = ask("bridge", env={"QUOTH_MIN_CONFIDENCE": "1"})
    assert (done.status, done.err) == (3, "")
    first, second, *rest = done.out.splitlines()
    assert first == "Not found in the articles."
    assert second == "The nearest passages:"
    assert rest[0].startswith("> ")
    assert "likely" not in done.out and "Perhaps" not in done.out


def test_what_no_article_tells_is_not_found(ask: Quoth) -> None:
    done = ask("Which xylophone did the zeppelin's quartermaster polish?")
    assert done.status == 3
    assert done.out.startswith("Not found in the articles.\n")


def test_nothing_within_the_dates_is_not_found_without_passages(ask: Quoth) -> None:
    done = ask(COST, "--since", "2023")
    assert (done.status, done.out, done.err) == (3, "Not found in the articles.\n", "")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("", "empty"),
        (" \t\n ", "empty"),
        ("🙂🎉👩‍🍳", "no word"),
        ("?!…", "no word"),
        ("x" * 10_000, "10,000 characters"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line(
    ask_inside: Quoth, question: str, says: str
) -> None:
    for flags in ([], ["--json"]):
        done = ask_inside(question, *flags)
        assert done.status == 1
        assert done.error.startswith("quoth: ")
        assert says in done.error


def test_a_question_may_hold_any_character(ask_inside: Quoth) -> None:
    done = ask_inside("How much \0 will the \ud800 repairs of the bridge cost?", "--json")
    assert (done.status, done.err) == (0, "")
    assert done.object["question"] == "How much \0 will the \ufffd repairs of the bridge cost?"


def test_a_question_may_hold_bytes_that_are_not_utf8(ask: Quoth) -> None:
    done = ask(b"How much will the \xff\xed\xa0\x80 repairs of the bridge cost?", "--json")
    assert (done.status, done.err) == (0, "")
    assert done.object["question"].startswith("How much will the \ufffd")
    done = ask(b"\xff\xfe")
    assert done.status == 1
    assert "no word" in done.error


def test_a_source_of_odd_bytes_matches_nothing(ask: Quoth) -> None:
    done = ask(COST, "--source", b"\xff")
    assert (done.status, done.err) == (3, "")


def test_the_first_question_indexes_the_articles_and_says_so(quoth: Quoth, shelf: Path) -> None:
    env = {"QUOTH_ARTICLES": str(shelf.parent / "articles.jsonl")}
    first = quoth("ask", COST, "--top", "1", env=env)
    assert first.status == 0
    assert COST_SENTENCE in quoted(first.out)[0]
    (said,) = first.err.splitlines()
    assert said.startswith("No library at library yet: indexing ")
    assert "indexing" not in first.out
    second = quoth("ask", COST, "--top", "1", env=env)
    assert (second.out, second.err) == (first.out, "")


def test_the_first_question_names_what_it_could_not_read(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "good.txt").write_text(f"Bridge closes\n\n{BRIDGE}\n")
    (tmp_path / "seeds" / "bad.txt").write_text("")
    done = quoth("ask", COST)
    assert done.status == 0
    assert COST_SENTENCE in " ".join(quoted(done.out))
    started, problem = done.err.splitlines()
    assert started == "No library at library yet: indexing seeds"
    assert problem.startswith("quoth: ") and problem.endswith("seeds/bad.txt: empty")


def test_without_articles_nothing_is_made_and_the_setting_is_named(quoth: Quoth) -> None:
    for _ in range(2):
        done = quoth("ask", COST)
        assert done.status == 1
        assert "QUOTH_ARTICLES is seeds" in done.error
        assert "quoth index PATH" in done.error
    assert "no library there" in quoth("status").error, "an empty one would answer from now on"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "a", "b"],
        ["ask", "a", "--top", "0"],
        ["ask", "a", "--top", "51"],
        ["ask", "a", "--top", "many"],
        ["ask", "a", "--since", "yesterday"],
        ["ask", "a", "--until", "2022-13"],
        ["ask", "a", "--since", "2022-00"],
        ["ask", "a", "--until", "2022-00"],
        ["ask", "a", "--since", "2022-00-10"],
        ["ask", "a", "--since", "2022-03-00"],
        ["ask", "a", "--until", "2022-02-30"],
        ["ask", "a", "--since", "0000"],
        ["ask", "a", "--since", "22"],
        ["ask", "a", "--nonsense"],
        ["answer", "a"],
        ["--nonsense"],
        ["index", "--json"],
        ["articles", "show"],
        ["articles", "remove"],
        ["articles", "show", "a", "b"],
    ],
)
def test_wrong_usage_is_2_and_does_nothing(
    inside: Quoth, tmp_path: Path, arguments: list[str]
) -> None:
    done = inside(*arguments)
    assert (done.status, done.out) == (2, "")
    assert "Error: " in done.err
    assert not [*tmp_path.iterdir()]


def test_a_wrong_date_is_told_with_the_right_forms(ask: Quoth) -> None:
    done = ask(COST, "--since", "29.3.2022")
    assert done.status == 2
    assert "2022-03-29, 2022-03 or 2022" in " ".join(done.err.split())
