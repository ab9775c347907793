"""JSON lines."""

import datetime
import gzip
import hashlib
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.documents.article import Article, normalise_newlines
from retrieval.documents.formats import read_file
from retrieval.errors import ReadingError

Results = list[Article | ReadingError]
Read = Callable[[str, str | bytes], Results]
ReadOne = Callable[[str, str | bytes], Article]
Problem = Callable[[str, str | bytes], str]


def line(**fields: object) -> str:
    return json.dumps({"id": "a", "title": "T", "text": "Text."} | fields) + "\n"


def told(results: Results) -> list[str]:
    """Ids of the articles, and the errors from the file's name on."""
    return [r.id if isinstance(r, Article) else str(r).rpartition("/")[2] for r in results]


QUESTION = json.dumps({"question": "Where?", "answers": ["here"], "article_ids": ["a"]}) + "\n"
UNKNOWN = json.dumps({"question": "Who?", "answers": [], "article_ids": []}) + "\n"


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def test_one_article_a_line(read: Read) -> None:
    content = line(
        id="talks",
        date="2022-03-29",
        source="The Paper",
        url="https://paper.example/talks",
        text=" One.\r\n\r\nTwo.\n\n",
        views=3,
    ) + line(id="b", date=None, source=None, url=None)
    packed = gzip.compress(content.encode())
    for results in (read("a.jsonl", content), read("a.jsonl.gz", packed)):
        assert results == [
            Article(
                id="talks",
                title="T",
                date=datetime.date(2022, 3, 29),
                source="The Paper",
                url="https://paper.example/talks",
                text=" One.\n\nTwo.\n\n",
            ),
            Article(id="b", title="T", date=None, source=None, url=None, text="Text."),
        ]


def test_good_lines_are_in_although_others_are_bad(read: Read) -> None:
    lines = [
        line(id="a"),
        '{"text": "cut in ha\n',
        "\n",
        "  \n",
        line(id="b"),
        "[1]\n",
        line(id="c"),
    ]
    assert told(read("x.jsonl", "".join(lines))) == [
        "a",
        "x.jsonl:2: not a JSON object: Invalid control character at (character 20)",
        "b",
        "x.jsonl:6: not a JSON object: one is written {…}",
        "c",
    ]


@pytest.mark.parametrize("key", ["id", "title", "date", "source", "url", "text"])
def test_a_value_of_the_wrong_type_names_its_key(problem: Problem, key: str) -> None:
    kinds = {"a number": 7, "a list": ["a"], "an object": {}, "true or false": True}
    for kind, value in kinds.items():
        assert (
            problem("x.jsonl", line(**{key: value}))
            == f"x.jsonl:1: '{key}' should be a string, not {kind}"
        )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"id": "a", "text": "cut in half', "not a JSON object: Unterminated string starting at"),
        ("words", "not a JSON object: Expecting value (character 1)"),
        ("null", "not a JSON object: one is written {…}"),
        ("[" * 100_000, "not a JSON object: nested too deeply"),
        ('{"x": ' + "1" * 5_000 + "}", "not a JSON object: a number has too many digits"),
        ('{"title": "T"}', "has no text"),
        (line(text=None), "has no text"),
        (line(text=" \n\t"), "has no text"),
        (line(text="a\0b"), "looks like a binary file, not text"),
        (line(date="2022-13-45"), "not a date: '2022-13-45'; write YYYY-MM-DD"),
        (line(date="29 March 2022"), "not a date: '29 March 2022'; write YYYY-MM-DD"),
        (line(title="x" * 1_001), "'title' has 1,001 characters; at most 1,000"),
        (line(source="x" * 1_001), "'source' has 1,001 characters; at most 1,000"),
        (line(id="x" * 201), "'id' has 201 characters; at most 200"),
        (line(title="\x01"), "has no title; give it one"),
    ],
)
def test_lines_that_are_no_article(problem: Problem, content: str, why: str) -> None:
    assert problem("x.jsonl", content).startswith(f"x.jsonl:1: {why}")


@pytest.mark.parametrize("key", ["id", "title", "date", "source", "url", "text"])
def test_half_a_character(problem: Problem, key: str) -> None:
    # Without an id or a url, the id is made of the others.
    content = json.dumps({"text": "Text."} | {key: "a\ud800b"})
    assert (
        problem("x.jsonl", content)
        == f"x.jsonl:1: '{key}' has half a character (\\ud800); write it whole"
    )


def test_half_a_character_in_a_key_that_is_not_used(read: Read) -> None:
    assert told(read("x.jsonl", line(other="\ud800"))) == ["a"]


def test_not_a_number_is_as_good_as_another(read: Read) -> None:
    assert told(read("x.jsonl", '{"id": "a", "text": "Text.", "score": NaN}')) == ["a"]


def test_bytes_that_are_not_utf8_spoil_their_line_alone(read: Read) -> None:
    content = line(id="a").encode() + b'{"text": "\xff"}\n\0\n' + line(id="b").encode()
    assert told(read("x.jsonl", content)) == [
        "a",
        "x.jsonl:2: not UTF-8 (byte 0xff at offset 10); save it as UTF-8",
        "x.jsonl:3: looks like a binary file, not text",
        "b",
    ]


def test_byte_order_marks(read: Read, problem: Problem) -> None:
    assert told(read("x.jsonl", b"\xef\xbb\xbf" + line().encode())) == ["a"]
    utf16 = (line(id="a") + line(id="b")).encode("utf-16")
    assert problem("x.jsonl", utf16) == "x.jsonl: UTF-16, not UTF-8; save it as UTF-8"


def test_questions_beside_articles_are_passed_over(read: Read) -> None:
    questions = QUESTION + "\n" + UNKNOWN
    for results in (
        read("questions.jsonl", questions),
        read("b/any name.jsonl.gz", gzip.compress(questions.encode())),
    ):
        assert results == []
    assert told(read("x.jsonl", line(id="a") + QUESTION + line(id="b"))) == ["a", "b"]
    assert told(read("x.jsonl", QUESTION + "{\n" + UNKNOWN)) == [
        "x.jsonl:2: not a JSON object: Expecting property name enclosed in double quotes"
        " (character 3)"
    ]


def test_a_file_of_questions_that_was_named_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(QUESTION + UNKNOWN)
    (error,) = read_file(path, path)
    assert str(error) == f"{path}: holds questions, not articles"
    path.write_text(QUESTION + line(id="a"))
    assert told(list(read_file(path, path))) == ["a"]


@pytest.mark.parametrize(
    "other",
    [{"question": "Where?"}, {"question": "Where?", "answer": "here"}, {"answers": []},
     {"question": "Where?", "answers": "here"}, {"question": 1, "answers": []},
     {"question": "Where?", "answers": [], "text": ""}],
)  # fmt: skip
def test_what_is_only_like_a_question_is_told(problem: Problem, other: dict[str, object]) -> None:
    assert problem("x.jsonl", json.dumps(other)) == "x.jsonl:1: has no text"


def test_an_article_may_have_a_question_and_answers_too(read: Read) -> None:
    assert told(read("x.jsonl", line(id="a", question="Where?", answers=["here"]))) == ["a"]


@pytest.mark.parametrize("date", [None, "", "  "])
def test_no_date(article: ReadOne, date: str | None) -> None:
    assert article("x.jsonl", line(date=date)).date is None


def test_a_date_with_a_time(article: ReadOne) -> None:
    assert str(article("x.jsonl", line(date="2022-03-29T23:30:00-05:00")).date) == "2022-03-29"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Short.\n\nMore.", "Short."),
        ("\n  First  line\nMore.", "First line"),
        ("x" * 80 + "\nMore.", "x" * 80),
        ("word " * 30, ("word " * 16).strip()),
        ("ab " + "x" * 77 + " more", "ab " + "x" * 77),
        ("x" * 90, "x" * 80),
        ("\x01", f"x-{digest(chr(1))}"),
    ],
)
def test_a_title_is_made_of_the_texts_first_words(article: ReadOne, text: str, title: str) -> None:
    for missing in ({}, {"title": None}, {"title": " "}):
        result = article("x.jsonl", json.dumps({"text": text} | missing))
        assert (result.title, result.text) == (title, text)


def test_an_id_is_made_of_the_article_and_not_of_its_place(read: Read) -> None:
    lines = [
        line(id=None, url="https://paper.example/1", title="A", date="2022-03-29"),
        line(id="", title="B", date="2022-03-29"),
        line(id=None, title="C", url="not a link"),
        line(id=None, title=None, url="https://paper.example/2"),
        json.dumps({"text": "Just text.", "date": "2022-03-29"}) + "\n",
    ]
    ids = [
        f"news-{digest('https://paper.example/1')}",
        f"news-{digest('B' + chr(10) + '2022-03-29')}",
        f"news-{digest('C' + chr(10))}",
        f"news-{digest('https://paper.example/2')}",
        f"news-{digest('Just text.')}",
    ]
    assert told(read("sub/news.jsonl", "".join(lines))) == ids
    turned = "".join(["\n", *reversed(lines)])
    assert told(read("news.jsonl.gz", gzip.compress(turned.encode()))) == ids[::-1]


def test_an_id_that_was_there_before(read: Read) -> None:
    content = line(id="a") + line(id="b") + "\n" + line(id=" a ", text="Other.") + line(id="c")
    assert told(read("x.jsonl", content)) == [
        "a",
        "b",
        "x.jsonl:4: line 1 has the id 'a' too; give each its own",
        "c",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://paper.example/a?b=c&d=(e)#f",
        "http://paper.example",
        "HTTPS://paper.example/été",
        "https://x.example/" + "y" * 1_982,
    ],
)
def test_links_that_are_kept(article: ReadOne, url: str) -> None:
    assert article("x.jsonl", line(url=f" {url}\n")).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "paper.example",
        "ftp://paper.example/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://paper.example/a b",
        "https://paper.example/a\nb",
        "https://paper.example/a\u200bb",
        "https://paper.example/\u202egnp.exe",
        "https://paper.example/>@everyone",
        "https://paper.example/`x`",
        "https://x.example/" + "y" * 1_983,
    ],
)
def test_links_that_are_left_out(article: ReadOne, url: str) -> None:
    assert article("x.jsonl", line(url=url)).url is None


def test_a_line_of_more_than_20_mb_is_passed_over_without_being_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(line(id="a").encode() + b'{"text": "')
        for _ in range(60):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + line(id="b").encode())
    tracemalloc.start()
    results = list(read_file(path, tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told(results) == ["a", "x.jsonl.gz:2: longer than 20 MB; split it into articles", "b"]
    assert peak < 45_000_000  # twice the limit, and not the 60 MB of the line


def test_a_line_of_20_mb_is_an_article(article: ReadOne) -> None:
    content = line(text="x" * (20_000_000 - len(line(text="")) + 1)).encode()
    assert len(content) == 20_000_001  # its end is no part of the line
    assert len(article("x.jsonl", content).text) > 19_000_000


def test_reading_streams(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(3_000):
            file.write(line(id=str(number), text="word " * 4_000).encode())
    tracemalloc.start()
    count = sum(isinstance(result, Article) for result in read_file(path, tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 3_000
    assert peak < 10_000_000  # of the 60 MB that were read


def test_a_gzip_file_that_is_cut_short_gives_what_came_before(read: Read) -> None:
    texts = [hashlib.sha256(str(n).encode()).hexdigest() * 50 for n in range(300)]
    whole = gzip.compress("".join(line(id=str(n), text=t) for n, t in enumerate(texts)).encode())
    *articles, error = told(read("x.jsonl.gz", whole[: len(whole) // 2]))
    assert articles == [str(n) for n in range(len(articles))]
    assert 50 < len(articles) < 250
    assert error == f"x.jsonl.gz:{len(articles) + 1}: the gzip file is cut short here; get it again"


def test_a_damaged_gzip_file(read: Read) -> None:
    good = gzip.compress(line().encode())
    damaged = [b"not gzip at all", good[:10] + b"\xff" * 40, good[:-8] + b"\0" * 8]
    for data in damaged:
        *_, error = told(read("x.jsonl.gz", data))
        assert error.endswith("the gzip file is damaged here; get it again")
    assert told(read("x.jsonl.gz", damaged[-1]))[0] == "a"  # a wrong checksum comes after it


def test_an_empty_gzip_file(problem: Problem) -> None:
    for data in (b"", gzip.compress(b""), gzip.compress(b"\n \n")):
        assert problem("x.jsonl.gz", data) == "x.jsonl.gz: empty"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0")).filter(
        lambda text: text.strip() != ""
    ),
    escaped=st.booleans(),
    packed=st.booleans(),
)
def test_any_text_comes_back_as_it_was(
    tmp_path: Path, text: str, escaped: bool, packed: bool
) -> None:
    path = tmp_path / ("x.jsonl.gz" if packed else "x.jsonl")
    content = json.dumps({"text": text}, ensure_ascii=escaped).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    (result,) = read_file(path, tmp_path)
    assert isinstance(result, Article)
    assert result.text == normalise_newlines(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", " \t\n"])
def test_blank_lines_count_and_cost_little(read: Read, end: str) -> None:
    blank = 2_000_003
    content = line() + end * blank + "  " + line(id="b") + end + "{" + end
    for results in (
        read("a.jsonl", content),
        read("a.jsonl.gz", gzip.compress(content.encode(), 1)),
    ):
        *good, bad = told(results)
        assert good == ["a", "b"]
        assert f":{blank + 4}: " in bad
