"""``quoth eval``: figures of the answers to questions whose answers are known."""

from pathlib import Path
from typing import Any

import pytest

from bot.settings import DEFAULTS
from tests.bot.cli.contract import NUMBER, keys
from tests.support.quoth_command import Quoth, write_jsonl

SEEDS = Path(__file__).parents[3] / "seeds"
COST: dict[str, Any] = {
    "id": "cost", "question": "How much will the repairs of the bridge cost?",
    "answers": ["3.2 million pounds"], "article_ids": ["bridge"],
}  # fmt: skip
GANNETS: dict[str, Any] = {
    "question": "How many gannets did the lighthouse keeper count?", "answers": ["forty"],
    "article_ids": [], "other_articles_with_answer": ["lighthouse"],
}  # fmt: skip
MISLED: dict[str, Any] = {  # the article says another number
    "question": "How many croissants does the baker bake every morning?",
    "answers": ["nine hundred"], "article_ids": ["harvest"],
}  # fmt: skip
UNKNOWN: dict[str, Any] = {
    "question": "Which xylophone did the zeppelin's quartermaster polish?", "answers": [],
}  # fmt: skip
FIGURES = [
    "questions", "answerable", "unanswerable", "quote_at_1", "quote_at_3", "article_at_1",
    "article_at_3", "article_at_10", "exact_match", "f1", "not_found_auroc", "coverage_at_90",
    "calibration_error", "median_ms", "p95_ms", "present", "suggested", "misses",
]  # fmt: skip
THRESHOLD = ["min_confidence", "share_answered", "share_right"]
MISS = [
    "id", "question", "answers", "answered", "confidence", "quote", "answer", "article_id",
]  # fmt: skip


@pytest.fixture
def questions(tmp_path: Path) -> str:
    """A file of four questions about the shelf, of which the third is a trap."""
    write_jsonl(tmp_path / "questions.jsonl", [COST, GANNETS, MISLED, UNKNOWN])
    return "questions.jsonl"


@pytest.fixture
def measure(inside: Quoth, shelf: Path, questions: str) -> Quoth:
    """Measure the shelf, in this process: ``measure("--json")``."""
    return lambda *flags: inside("eval", "--library", str(shelf), questions, *flags)


def words(out: str) -> str:
    """What was printed, as if on one line."""
    return " ".join(out.split())


def test_every_figure_is_told_with_what_it_means(quoth: Quoth, shelf: Path, questions: str) -> None:
    done = quoth("eval", questions, "--library", str(shelf), env={"QUOTH_MIN_CONFIDENCE": "0.2"})
    assert (done.status, done.err) == (0, "")
    first, *lines = done.out.splitlines()
    assert first == "4 questions, 3 answerable, 1 not"
    for name in (
        "quote@1", "quote@3", "article@1", "article@3", "article@10", "exact match", "F1",
        "not found", "90 % right", "calibration", "answered", "right", "median", "95 %",
    ):  # fmt: skip
        (line,) = [line for line in lines if line.startswith(f"{name}  ")]
        assert any(character.isdigit() for character in line) or "—" in line
        assert len(line.rstrip().split("  ")[-1]) > 15
    out = words(done.out)
    assert "quote@1 66.7 % an accepted answer stands in the first quote" in out
    assert "are answered at the present threshold of 0.2" in out
    assert max(len(line) for line in lines) <= 80


def test_json_is_one_object_of_exactly_these_keys(measure: Quoth) -> None:
    done = measure("--json")
    assert (done.status, done.err) == (0, "")
    found = done.object
    assert keys(found) == FIGURES
    assert [found[key] for key in FIGURES[:3]] == [4, 3, 1]
    for key in FIGURES[3:13]:
        assert isinstance(found[key], NUMBER) and 0 <= found[key] <= 1, key
    assert 0 < found["median_ms"] <= found["p95_ms"]
    assert keys(found["present"]) == keys(found["suggested"]) == THRESHOLD
    assert found["present"]["min_confidence"] == float(DEFAULTS["QUOTH_MIN_CONFIDENCE"])
    assert (found["quote_at_1"], found["article_at_1"]) == (0.6667, 0.6667)
    assert found["not_found_auroc"] == 1
    for miss in found["misses"]:
        assert keys(miss) == MISS


def test_what_the_questions_cannot_tell_is_null_and_a_dash(
    inside: Quoth, shelf: Path, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "unknown.jsonl", [UNKNOWN])
    command = ["eval", "unknown.jsonl", "--library", str(shelf)]
    found = inside(*command, "--json").object
    assert [key for key in FIGURES if found[key] is None] == [
        "quote_at_1", "quote_at_3", "article_at_1", "article_at_3", "article_at_10",
        "exact_match", "f1", "not_found_auroc", "coverage_at_90", "suggested",
    ]  # fmt: skip
    out = words(inside(*command).out)
    assert "1 question, 0 answerable, 1 not quote@1 — an" in out
    assert "No QUOTH_MIN_CONFIDENCE to suggest" in out
    assert "worst" not in out


def test_the_surest_misses_are_told_first(measure: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_MIN_CONFIDENCE", "0")  # even the last is answered, and wrongly
    trap, unknown = measure("--json").object["misses"]
    assert [trap[key] for key in MISS[:4]] == [None, MISLED["question"], ["nine hundred"], True]
    assert "1,200 croissants" in trap["quote"] and trap["article_id"] == "bakery"
    assert (unknown["question"], unknown["answers"]) == (UNKNOWN["question"], [])
    assert trap["confidence"] > unknown["confidence"]
    table = measure().out.partition("The worst misses")[2]
    assert 0 < table.index("croissants") < table.index("xylophone") < table.index("Suggested")
    assert "nine hundred" in words(table) and "not found" in words(table)

    (worst,) = measure("--json", "--worst", "1").object["misses"]
    assert worst == trap | {"confidence": worst["confidence"]}
    assert measure("--json", "--worst", "0").object["misses"] == []
    assert "worst" not in measure("--worst", "0").out


def test_a_withheld_answer_is_a_miss_too(measure: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_MIN_CONFIDENCE", "1")
    found = measure("--json").object
    assert found["present"] == {"min_confidence": 1, "share_answered": 0, "share_right": None}
    assert {(miss["id"], miss["answered"]) for miss in found["misses"]} == {
        ("cost", False), (None, False),
    }  # fmt: skip
    assert len(found["misses"]) == 3, "nothing is known of the fourth, and nothing was said"


def test_the_suggestion_is_a_line_for_the_settings_and_does_what_it_says(
    measure: Quoth, tmp_path: Path
) -> None:
    found = measure("--json").object["suggested"]
    (line,) = [line for line in measure().out.splitlines() if line.startswith("Suggested: ")]
    (tmp_path / ".env").write_text(line.removeprefix("Suggested: "))
    assert measure("--json").object["present"] == found


def test_the_questions_of_the_seeds_as_a_newcomer_measures_them(quoth: Quoth) -> None:
    env = {"QUOTH_ARTICLES": str(SEEDS)}
    done = quoth("eval", str(SEEDS / "questions.jsonl"), "--json", env=env)
    assert done.status == 0
    (said,) = done.err.splitlines()
    assert said == f"No library at library yet: indexing {SEEDS}"
    assert done.object["questions"] == done.object["answerable"] + done.object["unanswerable"]
    assert done.object["quote_at_1"] >= 0.8
    assert done.object["article_at_1"] == 1, "there is only one article"


def test_nothing_in_a_question_or_an_answer_steers_the_terminal(
    quoth: Quoth, shelf: Path, tmp_path: Path
) -> None:
    question = "bridge \x1b[31m\u202e\n[bold]cost[/]" + "y" * 500
    odd = {"question": question, "answers": ["\x1b]0;x\x07\u2066", "x"]}
    write_jsonl(tmp_path / "odd.jsonl", [odd])
    env = {"QUOTH_MIN_CONFIDENCE": "0"}
    for flags in ([], ["--json"]):
        done = quoth("eval", "odd.jsonl", "--library", str(shelf), *flags, env=env)
        assert (done.status, done.err) == (0, "")
        assert not set(done.out) & set("\x1b\x07\u202e\u2066")
        assert "[bold]cost[/]" in words(done.out)
    assert quoth("eval", "odd.jsonl", "--library", str(shelf), env=env).out.count("y") < 150
