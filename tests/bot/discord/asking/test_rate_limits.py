"""The rate limiter: how often a user and a server may ask."""

import re
from collections import defaultdict
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.asking import rate_limits
from bot.discord.asking.rate_limits import RateLimit, RateLimiter

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
def strict(clock: Clock) -> RateLimiter:
    return RateLimiter(user=RateLimit(2, 10.0), server=RateLimit(3, 4.0), clock=clock)


def taken(strict: RateLimiter, user: int, server: int | None = None) -> bool:
    return strict.check(user, server) is None


def test_a_person_may_ask_some_at_once_and_then_one_at_a_time(
    strict: RateLimiter, clock: Clock
) -> None:
    assert [taken(strict, ADA) for _ in range(3)] == [True, True, False]
    assert taken(strict, BOB)
    clock.now += 9.9
    assert not taken(strict, ADA)
    clock.now += 0.1
    assert [taken(strict, ADA) for _ in range(2)] == [True, False]
    clock.now += 1_000
    assert [taken(strict, ADA) for _ in range(3)] == [True, True, False]


def test_a_server_may_ask_so_much_together(strict: RateLimiter, clock: Clock) -> None:
    assert [taken(strict, user, TOWN) for user in range(100, 104)] == [True] * 3 + [False]
    assert taken(strict, 104, PORT)
    assert taken(strict, 105)
    clock.now += 4
    assert [taken(strict, user, TOWN) for user in (106, 107)] == [True, False]


def test_who_waits_is_told_for_how_long_and_why(strict: RateLimiter, clock: Clock) -> None:
    for _ in range(2):
        strict.check(ADA, TOWN)
    clock.now += 0.5
    refusal = strict.check(ADA, TOWN)
    assert refusal is not None
    assert refusal.text == "You are asking faster than I can read. Please ask again in 10 seconds."
    assert not refusal.already_told
    strict.check(BOB, TOWN)
    clock.now += 0.6
    refusal = strict.check(BOB, TOWN)
    assert refusal is not None
    assert refusal.text.startswith("Many people on this server are asking just now.")
    assert refusal.text.endswith("in 3 seconds.")


def test_who_was_told_knows_until_the_time_that_was_named(
    strict: RateLimiter, clock: Clock
) -> None:
    already_told = []
    for seconds in (0, 0, 0, 5, 4.9, 0.1, 0, 0):
        clock.now += seconds
        refusal = strict.check(ADA, TOWN)
        already_told.append(None if refusal is None else refusal.already_told)
    assert already_told == [None, None, False, True, True, None, False, True]


def test_a_question_that_is_not_taken_counts_for_nothing(strict: RateLimiter, clock: Clock) -> None:
    for _ in range(50):
        strict.check(ADA, TOWN)
    clock.now += 10
    assert taken(strict, ADA, TOWN)


def test_after_the_time_that_was_named_one_may_ask(strict: RateLimiter, clock: Clock) -> None:
    for _ in range(30):
        refusal = strict.check(ADA, TOWN)
        if refusal:
            seconds = re.search(r"in (\d+) second", refusal.text)
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
    user, server = RateLimit(2, 10.0), RateLimit(3, 4.0)
    strict = RateLimiter(user, server, clock)
    passed: list[tuple[float, int, int | None]] = []
    for pause, who, where in asked:
        clock.now += pause
        if taken(strict, who, where):
            passed.append((clock.now, who, where))
    for rate, who in ((user, 1), (server, 2)):
        together: defaultdict[object, list[float]] = defaultdict(list)
        for row in passed:
            if row[who] is not None:
                together[row[who]].append(row[0])
        for times in together.values():
            for first, last in combinations_with_replacement(range(len(times)), 2):
                most = rate.burst + (times[last] - times[first]) / rate.interval
                assert last - first + 1 <= most + 1e-6


def test_those_at_rest_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_CLEAN_UP_ABOVE", 20)
    strict = RateLimiter(RateLimit(1, 10.0), RateLimit(1, 1.0), clock)
    for user in range(500):
        clock.now += 1
        strict.check(user, user)
        strict.check(user, user)
    assert len(strict._users._empty_at) <= 20
    assert len(strict._servers._empty_at) <= 20
    assert len(strict._told_until) <= 20
    assert not taken(strict, 499)
