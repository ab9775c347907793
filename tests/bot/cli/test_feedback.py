"""``quoth feedback`` and ``quoth serve --invite``: what they print, and whom they never name."""

import base64
import hashlib
import json
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord.storage.database import Store
from bot.discord.storage.questions import QuotedPassage
from bot.discord.storage.schema import TABLES
from bot.discord.storage.votes import Vote, Votes, server_pseudonym
from tests.support.quoth_command import BRIDGE, Quoth

COST, COSTS = "What will the repairs cost?", "what will the  REPAIRS cost"
WHO = "Who did <@111111111111111111> say opened the bakery?"
PEOPLE = range(111111111111111111, 111111111111111121)
TOWN = server_pseudonym(PEOPLE[9])
START = BRIDGE.index("3.2 million pounds")
POUNDS = QuotedPassage(
    "bridge", START, START + len("3.2 million pounds"), hashlib.sha256(BRIDGE.encode()).hexdigest()
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The bot's file after some days, in the folder that the commands run in."""
    path = tmp_path / "discord.sqlite"
    with closing(Store(path, TABLES)) as opened:
        votes = Votes(opened)
        said = [
            Vote(COST, POUNDS, True),
            Vote(COSTS, POUNDS, True),
            Vote("And the boats?", POUNDS, False),
            Vote("What is the moon made of?", None, True),
            Vote("Is it old?", QuotedPassage("bridge", 0, 5, "0" * 64), True),
        ]
        for number, vote in enumerate(said):
            votes.record(vote, message=number, voter=PEOPLE[number], server=PEOPLE[9])
        with opened.write() as connection:
            for number, (question, at, answered) in enumerate(
                [
                    (WHO, 1_700_000_000, 0),
                    (WHO.upper(), 1_700_100_000, 0),
                    ("And the boats?", 1_700_100_000, 1),
                    (COST, 1_700_100_000, 0),
                    ("When does it open?", 1_600_000_000, 0),
                    ("Where is it?", 1_700_100_000, 1),
                ]
            ):
                connection.execute(
                    "INSERT INTO asked (key, server, question, at, answered, confidence, quotes)"
                    " VALUES (?, ?, ?, ?, ?, 0.5, '[]')",
                    (str(number), PEOPLE[9], question, at, answered),
                )
    return path


def test_votes_are_exported_as_questions_that_eval_takes(
    quoth: Quoth, shelf: Path, store: Path, tmp_path: Path
) -> None:
    done = quoth("feedback", "export", "--library", str(shelf))
    assert done.status == 0
    assert done.objects == [
        {
            "question": COST, "answers": ["3.2 million pounds"], "article_ids": ["bridge"],
            "server": TOWN,
        },
        {"question": "What is the moon made of?", "answers": [], "article_ids": [], "server": TOWN},
    ]  # fmt: skip
    assert done.err.splitlines() == [
        "2 questions exported",
        "1 question left out: the article has changed since",
        "1 question left out: the votes only say what does not answer;"
        " quoth feedback report lists them",
    ]
    (tmp_path / "votes.jsonl").write_text(done.out, encoding="utf-8")
    measured = quoth("eval", "votes.jsonl", "--json", "--library", str(shelf))
    assert measured.status == 0
    assert measured.object["questions"] == 2


def test_what_the_articles_do_not_answer_is_reported(
    inside: Quoth, shelf: Path, store: Path
) -> None:
    shown = inside("feedback", "report", "--library", str(shelf)).out
    assert shown.splitlines() == [
        f"   2  2023-11-16  {TOWN}  WHO DID @someone SAY OPENED THE BAKERY?",
        f"   1  2023-11-16  {TOWN}  And the boats?  (answered, and called wrong)",
        f"   1  2020-09-13  {TOWN}  When does it open?",
    ]
    assert inside("feedback", "report", "--library", str(shelf), "--since", "2023").out == "".join(
        shown.splitlines(keepends=True)[:2]
    )
    lines = inside("feedback", "report", "--library", str(shelf), "--json").out.splitlines()
    assert json.loads(lines[0]) == {
        "question": "WHO DID @someone SAY OPENED THE BAKERY?",
        "times": 2,
        "last": "2023-11-16",
        "called_wrong": False,
        "server": TOWN,
    }


def test_servers_are_not_mixed(inside: Quoth, shelf: Path, store: Path) -> None:
    """What is right in one may be nothing in another, which sees other articles."""
    other = PEOPLE[8]
    with closing(Store(store, TABLES)) as opened:
        vote = Vote(COSTS, None, True)
        Votes(opened).record(vote, message=99, voter=PEOPLE[0], server=other)
        Votes(opened).record(vote, message=98, voter=PEOPLE[0], server=None)
        with opened.write() as connection:
            connection.execute("UPDATE asked SET server = ? WHERE key = '3'", (other,))
    library = ("--library", str(shelf))
    for name in (str(other), server_pseudonym(other)):
        made = inside("feedback", "export", "--server", name, *library).objects
        assert [(each["answers"], each["server"]) for each in made] == [
            ([], server_pseudonym(other))
        ]
        told = inside("feedback", "report", "--server", name, *library).out
        assert told == f"   1  2023-11-16  {server_pseudonym(other)}  {COST}\n"
    assert len(inside("feedback", "export", *library).objects) == 4
    assert len(inside("feedback", "report", *library).out.splitlines()) == 4
    (direct,) = inside("feedback", "export", "--server", "direct", *library).objects
    assert direct["server"] == "direct"
    none = inside("feedback", "export", "--server", "1", *library)
    assert (none.status, none.out, none.err) == (0, "", "0 questions exported\n")


@pytest.mark.parametrize("command", [["export"], ["report"], ["report", "--json"]])
def test_nobody_is_named(inside: Quoth, shelf: Path, store: Path, command: list[str]) -> None:
    done = inside("feedback", *command, "--library", str(shelf))
    assert done.status == 0
    assert not [person for person in PEOPLE if str(person) in done.out + done.err]


@pytest.mark.parametrize("command", ["export", "report"])
def test_without_the_bots_file_it_says_so_and_makes_none(
    inside: Quoth, shelf: Path, tmp_path: Path, command: str
) -> None:
    done = inside("feedback", command, "--library", str(shelf))
    assert done.status == 1
    assert "discord.sqlite: not there" in done.error
    assert not (tmp_path / "discord.sqlite").exists()


def test_where_nothing_was_asked_it_says_so(inside: Quoth, shelf: Path, tmp_path: Path) -> None:
    Store(tmp_path / "discord.sqlite", TABLES).close()
    done = inside("feedback", "report", "--library", str(shelf))
    assert (done.status, done.out) == (0, "")
    assert "Nothing was asked that the articles don't answer" in done.err


def test_the_link_of_invitation_asks_for_what_is_needed_and_no_more(
    inside: Quoth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = base64.b64encode(b"198622483471925248").decode().rstrip("=")
    monkeypatch.setenv("DISCORD_TOKEN", f"{first}.Cl2FMQ.secret")
    done = inside("serve", "--invite")
    link = (
        "https://discord.com/oauth2/authorize?client_id=198622483471925248"
        "&scope=bot+applications.commands&permissions=274877975552"
    )
    assert (done.status, done.out, done.err) == (0, f"{link}\n", "")
    documented = (Path(__file__).parents[3] / "docs" / "discord.md").read_text(encoding="utf-8")
    assert link.split("&", 1)[1] in documented
    assert not [*tmp_path.iterdir()], "nothing was indexed for it"


@pytest.mark.parametrize(
    "token", ["secret", "c2VjcmV0.secret.secret", "ä.b.c", "=.b.c", "MTIz.b.c"]
)
def test_what_is_no_token_gives_no_link(
    inside: Quoth, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    error = inside("serve", "--invite").error
    assert error.startswith("quoth: DISCORD_TOKEN is no bot's token; set it to the one")
    assert token not in error
