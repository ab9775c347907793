"""``quoth ask --json``: exactly the contract, and right to the character."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.bot.cli.contract import check_answer
from tests.support.quoth_command import ARTICLES, BAKERY, Quoth

CROISSANTS = "How many croissants does the baker bake every morning?"


def test_the_answer_has_exactly_the_keys_of_the_contract(ask: Quoth) -> None:
    done = ask(f"  {CROISSANTS} ", "--json")
    assert (done.status, done.err) == (0, "")
    check_answer(done.object)
    assert done.object["question"] == CROISSANTS
    assert done.object["answered"] is True
    assert done.object["library"]["articles"] == len(ARTICLES)


@pytest.mark.parametrize("question", [CROISSANTS, "Bäckerei Schild", "lighthouse keeper gannets"])
def test_offsets_and_hash_hold_to_the_character(
    ask_inside: Quoth, inside: Quoth, shelf: Path, question: str
) -> None:
    quotes = ask_inside(question, "--json", "--top", "50").object["quotes"]
    assert quotes
    for quote in quotes:
        about = quote["article"]
        shown = inside("articles", "show", about["id"], "--json", "--library", str(shelf)).object
        text = shown["text"]
        assert text[quote["start"] : quote["end"]] == quote["text"]
        if span := quote["answer"]:
            assert text[span["start"] : span["end"]] == span["text"]
        assert hashlib.sha256(text.encode()).hexdigest() == about["sha256"] == shown["sha256"]
        given = next(article for article in ARTICLES if article["id"] == about["id"])
        assert text == given["text"]
        assert {key: about[key] for key in ("title", "date", "source", "url")} == {
            key: given[key] for key in ("title", "date", "source", "url")
        }
        before = text[: quote["start"]]
        assert quote["paragraph"] == len([p for p in before.split("\n\n") if p.strip()]) + 1


def test_emoji_count_as_code_points(ask: Quoth) -> None:
    quote = ask("Þóra Jónsdóttir croissants", "--json").object["quotes"][0]
    assert quote["article"]["id"] == "bakery"
    assert BAKERY[quote["start"] : quote["end"]] == quote["text"]
    assert len(BAKERY.encode("utf-16-le")) // 2 > len(BAKERY), "the text can tell them apart"


def test_not_found_still_gives_the_nearest(ask: Quoth) -> None:
    done = ask("bridge", "--json", env={"QUOTH_MIN_CONFIDENCE": "1"})
    assert done.status == 3
    check_answer(done.object)
    assert done.object["answered"] is False
    assert done.object["quotes"]


@pytest.mark.parametrize("top", [1, 2, 50])
def test_top_is_the_most_quotes(ask_inside: Quoth, top: int) -> None:
    words = "Marlow bridge croissants lighthouse apple"
    quotes = ask_inside(words, "--top", str(top), "--json").object["quotes"]
    assert 1 <= len(quotes) <= top
    if top < 3:
        assert len(quotes) == top


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        ([], {"bridge", "bakery", "harvest", "lighthouse"}),
        (["--since", "2022"], {"bakery", "harvest"}),
        (["--since", "2022-03"], {"bakery", "harvest"}),
        (["--since", "2022-03-16"], {"harvest"}),
        (["--since", "2022-03-15"], {"bakery", "harvest"}),
        (["--until", "2022"], {"bridge", "bakery", "harvest"}),
        (["--until", "2022-12"], {"bridge", "bakery", "harvest"}),
        (["--until", "2022-11"], {"bridge", "bakery"}),
        (["--until", "2022-03"], {"bridge", "bakery"}),
        (["--until", "2022-03-14"], {"bridge"}),
        (["--since", "2022-02", "--until", "2022-03"], {"bakery"}),
        (["--since", "2022", "--until", "2021"], set()),
        (["--source", "River Post"], {"bridge", "harvest"}),
        (["--source", "river post"], {"bridge", "harvest"}),
        (["--source", "Norðri"], {"bakery"}),
        (["--source", "River"], set()),
        (["--source", "River Post", "--since", "2022"], {"harvest"}),
    ],
)
def test_dates_and_source_choose_the_articles(
    ask_inside: Quoth, flags: list[str], ids: set[str]
) -> None:
    words = "Marlow bridge croissants lighthouse apple harvest"
    answer = ask_inside(words, "--json", "--top", "50", *flags).object
    assert {quote["article"]["id"] for quote in answer["quotes"]} == ids


def test_the_same_words_elsewhere_are_named_and_not_quoted_twice(
    quoth: Quoth, tmp_path: Path
) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text("Title\n\nThe heron nests on the mill roof.\n")
    assert quoth("index", "a.txt", "b.txt", "c.txt").status == 0
    (quote,) = quoth("ask", "Where does the heron nest?", "--json").object["quotes"]
    assert sorted([quote["article"]["id"], *quote["also_in"]]) == ["a", "b", "c"]


def test_json_is_utf8_whatever_the_locale_says(ask: Quoth) -> None:
    for env in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}):
        done = ask(CROISSANTS, "--json", env=env)
        check_answer(done.object)
        assert "Jónsdóttir" in done.object["quotes"][0]["text"]
        assert "Jónsdóttir" in ask(CROISSANTS, env=env).out


def test_one_object_is_one_line_whatever_the_text_holds(quoth: Quoth, tmp_path: Path) -> None:
    text = "The heron\u2028nests\u2029on\x85the \x9b31mmill\x7f \u202eroof\u2066 \x1b[31m\x07 now."
    article = {"id": "h\u202e", "title": "T\u2028", "source": "S\u202e", "text": text}
    (tmp_path / "a.jsonl").write_text(json.dumps(article) + "\n")
    assert quoth("index", "a.jsonl").status == 0
    shown = quoth("articles", "show", "h\u202e", "--json")
    listed = quoth("articles", "list", "--json")
    asked = quoth("ask", "heron nests mill roof", "--json", env={"QUOTH_MIN_CONFIDENCE": "0"})
    for done in (shown, listed, asked):
        assert len(done.out.splitlines()) == 1
        assert not set(done.out) & set("\u2028\u2029\x85\x9b\x7f\u202e\u2066\x1b\x07")
    assert shown.object["text"] == text
    quote = asked.object["quotes"][0]
    assert text[quote["start"] : quote["end"]] == quote["text"]
