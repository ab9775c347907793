"""The queue of questions: its order, its limit, and the status that is shown to who waits."""

import asyncio
from contextlib import ExitStack

import pytest

from bot.discord.asking import question_queue
from bot.discord.asking.question_queue import QuestionQueue, show_position
from bot.discord.errors import BusyError


def test_a_position_knows_how_many_are_ahead() -> None:
    queue = QuestionQueue()
    with queue.enter() as first:
        with queue.enter() as second, queue.enter() as third:
            assert [each.ahead for each in (first, second, third)] == [0, 1, 2]
            assert len(queue) == 3
        with queue.enter() as fourth:
            assert fourth.ahead == 1
    assert len(queue) == 0


def test_the_queue_has_a_limit() -> None:
    queue = QuestionQueue(limit=2)
    with queue.enter():
        with queue.enter(), pytest.raises(BusyError, match="waiting already"), queue.enter():
            pytest.fail("there was no place")
        with queue.enter():
            assert len(queue) == 2


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_queue, "FIRST_UPDATE", 0.01)
    monkeypatch.setattr(question_queue, "UPDATE_INTERVAL", 0.01)


class Screen:
    def __init__(self) -> None:
        self.lines: list[str] = []

    async def show(self, line: str) -> None:
        self.lines.append(line)


async def test_who_waits_sees_the_line_move(hurried: None) -> None:
    queue, screen = QuestionQueue(), Screen()
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(queue.enter())
        second.enter_context(queue.enter())
        with queue.enter() as position:
            showing = asyncio.create_task(show_position(position, answer, screen.show))
            await until(screen, 1)
            first.close()
            await until(screen, 2)
            second.close()
            await asyncio.sleep(0.05)
            answer.set_result(None)
            await showing
    assert screen.lines == [
        "You are in line: 2 questions are before yours.",
        "You are in line: 1 question is before yours.",
    ]


async def test_who_is_next_or_soon_has_an_answer_is_told_nothing(
    hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, screen = QuestionQueue(), Screen()
    loop = asyncio.get_running_loop()
    with queue.enter() as first, queue.enter() as second:
        slow: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.05, slow.set_result, None)
        await show_position(first, slow, screen.show)
        monkeypatch.setattr(question_queue, "FIRST_UPDATE", 4.0)
        soon: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.01, soon.set_exception, ValueError())
        await show_position(second, soon, screen.show)
        assert isinstance(soon.exception(), ValueError)
    assert screen.lines == []


async def until(screen: Screen, lines: int) -> None:
    async with asyncio.timeout(4):
        while len(screen.lines) < lines:
            await asyncio.sleep(0.005)
