"""The worker thread: one question at a time, beside the event loop."""

import asyncio
import threading

from tests.bot.discord.world import (
    QUESTION,
    Engine,
    World,
)


async def test_discord_is_attended_to_while_a_question_is_worked_on(
    world: World, engine: Engine
) -> None:
    attended = threading.Event()
    waited: list[bool] = []
    loop = asyncio.get_running_loop()

    def meanwhile() -> None:
        loop.call_soon_threadsafe(attended.set)
        waited.append(attended.wait(timeout=4))

    engine.meanwhile = meanwhile
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert waited == [True]
    assert len(world.replies()) == 1


async def test_the_engine_is_asked_one_question_at_a_time(world: World, engine: Engine) -> None:
    threads: set[int] = set()
    engine.meanwhile = lambda: threads.add(threading.get_ident())
    for number in range(5):
        world.env.backend.create_message(
            world.channel.id, world.reader.id, f"{world.mention} {number}"
        )
    await world.env.settle()
    assert engine.asked == ["0", "1", "2", "3", "4"]
    assert len(threads) == 1
    assert len(world.replies()) == 5
