"""Manners: how often one may ask, and who waits before whom."""

import asyncio
import re
from collections import defaultdict
from contextlib import ExitStack
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.asking import rate_limits
from bot.discord.asking.rate_limits import Limits, Line, Rate, tell_place
from bot.discord.errors import BusyError

ADA, BOB, TOWN, PORT = 1, 2, 10, 20


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def strict(clock: Clock) -> Limits:
    return Limits(person=Rate(2, 10.0), server=Rate(3, 4.0), clock=clock)


def taken(strict: Limits, person: int, server: int | None = None) -> bool:
    return strict.refuse(person, server) is None


def test_a_person_may_ask_some_at_once_and_then_one_at_a_time(strict: Limits, clock: Clock) -> None:
    assert [taken(strict, ADA) for _ in range(3)] == [True, True, False]
    assert taken(strict, BOB)
    clock.now += 9.9
    assert not taken(strict, ADA)
    clock.now += 0.1
    assert [taken(strict, ADA) for _ in range(2)] == [True, False]
    clock.now += 1_000
    assert [taken(strict, ADA) for _ in range(3)] == [True, True, False]


def test_a_server_may_ask_so_much_together(strict: Limits, clock: Clock) -> None:
    assert [taken(strict, person, TOWN) for person in range(100, 104)] == [True] * 3 + [False]
    assert taken(strict, 104, PORT)
    assert taken(strict, 105)
    clock.now += 4
    assert [taken(strict, person, TOWN) for person in (106, 107)] == [True, False]


def test_who_waits_is_told_for_how_long_and_why(strict: Limits, clock: Clock) -> None:
    for _ in range(2):
        strict.refuse(ADA, TOWN)
    clock.now += 0.5
    refusal = strict.refuse(ADA, TOWN)
    assert refusal is not None
    assert refusal.line == "You are asking faster than I can read. Please ask again in 10 seconds."
    assert not refusal.known
    strict.refuse(BOB, TOWN)
    clock.now += 0.6
    refusal = strict.refuse(BOB, TOWN)
    assert refusal is not None
    assert refusal.line.startswith("Many people on this server are asking just now.")
    assert refusal.line.endswith("in 3 seconds.")


def test_who_was_told_knows_until_the_time_that_was_named(strict: Limits, clock: Clock) -> None:
    known = []
    for seconds in (0, 0, 0, 5, 4.9, 0.1, 0, 0):
        clock.now += seconds
        refusal = strict.refuse(ADA, TOWN)
        known.append(None if refusal is None else refusal.known)
    assert known == [None, None, False, True, True, None, False, True]


def test_a_question_that_is_not_taken_counts_for_nothing(strict: Limits, clock: Clock) -> None:
    for _ in range(50):
        strict.refuse(ADA, TOWN)
    clock.now += 10
    assert taken(strict, ADA, TOWN)


def test_after_the_time_that_was_named_one_may_ask(strict: Limits, clock: Clock) -> None:
    for _ in range(30):
        refusal = strict.refuse(ADA, TOWN)
        if refusal:
            seconds = re.search(r"in (\d+) second", refusal.line)
            assert seconds
            clock.now += int(seconds[1])
            assert taken(strict, ADA, TOWN)


@given(
    st.lists(
        st.tuples(st.floats(0, 30), st.integers(1, 3), st.sampled_from([None, TOWN, PORT])),
        max_size=80,
    )
)
def test_in_no_stretch_of_time_is_more_taken_than_the_rates_allow(
    asked: list[tuple[float, int, int | None]],
) -> None:
    clock = Clock()
    person, server = Rate(2, 10.0), Rate(3, 4.0)
    strict = Limits(person, server, clock)
    passed: list[tuple[float, int, int | None]] = []
    for pause, who, where in asked:
        clock.now += pause
        if taken(strict, who, where):
            passed.append((clock.now, who, where))
    for rate, asker in ((person, 1), (server, 2)):
        together: defaultdict[object, list[float]] = defaultdict(list)
        for row in passed:
            if row[asker] is not None:
                together[row[asker]].append(row[0])
        for times in together.values():
            for first, last in combinations_with_replacement(range(len(times)), 2):
                most = rate.at_once + (times[last] - times[first]) / rate.seconds
                assert last - first + 1 <= most + 1e-6


def test_those_at_rest_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_FORGET_ABOVE", 20)
    strict = Limits(Rate(1, 10.0), Rate(1, 1.0), clock)
    for person in range(500):
        clock.now += 1
        strict.refuse(person, person)
        strict.refuse(person, person)
    assert len(strict._people._until) <= 20
    assert len(strict._servers._until) <= 20
    assert len(strict._told) <= 20
    assert not taken(strict, 499)


def test_a_line_knows_who_is_before_whom() -> None:
    line = Line()
    with line.place() as first:
        with line.place() as second, line.place() as third:
            assert [each.ahead for each in (first, second, third)] == [0, 1, 2]
            assert len(line) == 3
        with line.place() as fourth:
            assert fourth.ahead == 1
    assert len(line) == 0


def test_a_line_is_only_so_long() -> None:
    line = Line(longest=2)
    with line.place():
        with line.place(), pytest.raises(BusyError, match="waiting already"), line.place():
            pytest.fail("there was no place")
        with line.place():
            assert len(line) == 2


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "SECONDS_UNTIL_TOLD", 0.01)
    monkeypatch.setattr(rate_limits, "SECONDS_BETWEEN", 0.01)


class Screen:
    def __init__(self) -> None:
        self.lines: list[str] = []

    async def show(self, line: str) -> None:
        self.lines.append(line)


async def test_who_waits_sees_the_line_move(hurried: None) -> None:
    line, screen = Line(), Screen()
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(line.place())
        second.enter_context(line.place())
        with line.place() as place:
            telling = asyncio.create_task(tell_place(place, answer, screen.show))
            await until(screen, 1)
            first.close()
            await until(screen, 2)
            second.close()
            await asyncio.sleep(0.05)
            answer.set_result(None)
            await telling
    assert screen.lines == [
        "You are in line: 2 questions are before yours.",
        "You are in line: 1 question is before yours.",
    ]


async def test_who_is_next_or_soon_has_an_answer_is_told_nothing(
    hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, screen = Line(), Screen()
    loop = asyncio.get_running_loop()
    with line.place() as first, line.place() as second:
        slow: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.05, slow.set_result, None)
        await tell_place(first, slow, screen.show)
        monkeypatch.setattr(rate_limits, "SECONDS_UNTIL_TOLD", 4.0)
        soon: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.01, soon.set_exception, ValueError())
        await tell_place(second, soon, screen.show)
        assert isinstance(soon.exception(), ValueError)
    assert screen.lines == []


async def until(screen: Screen, lines: int) -> None:
    async with asyncio.timeout(4):
        while len(screen.lines) < lines:
            await asyncio.sleep(0.005)
