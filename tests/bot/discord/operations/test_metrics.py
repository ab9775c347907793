"""Metrics and the health check: contents, and ports that cannot be used."""

import asyncio
import socket
import time

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.discord.operations import traces
from bot.discord.operations.metrics import HOST, Metrics, PortError, serve_metrics
from tests.bot.discord.world import QUESTION, answer_of


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{HOST}:{port}{path}") as response,
    ):
        return response.status, await response.text()


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_questions_are_counted_by_what_became_of_them() -> None:
    metrics = Metrics()
    for kind, answered in (("command", True), ("command", False), ("mention", True)):
        with traces.trace_question(kind, QUESTION, metrics.record) as trace:
            traces.mark("deferred")
            trace.record_answer(answer_of(answered=answered))
    metrics.add_gauge("quoth_waiting", "Questions in line.", lambda: 7)
    async with serve_metrics(metrics, 0, lambda: True) as port:
        status, text = await get(port, "/metrics")
    assert status == 200
    found = samples(text)
    assert found["quoth_questions_total", "command", "answered"] == 1
    assert found["quoth_questions_total", "command", "not found"] == 1
    assert found["quoth_questions_total", "mention", "answered"] == 1
    assert found["quoth_step_seconds_count", "deferred"] == 3
    assert found["quoth_engine_seconds_count", "read"] == 3
    assert found["quoth_waiting",] == 7
    assert found["process_resident_memory_bytes",] > 1e6
    assert QUESTION not in text


async def test_health_is_of_the_connection_to_discord() -> None:
    well = True
    async with serve_metrics(Metrics(), 0, lambda: well) as port:
        assert await get(port, "/health") == (200, '{"status": "ok"}')
        well = False
        assert await get(port, "/health") == (503, '{"status": "not connected to Discord"}')
        assert (await get(port, "/"))[0] == 404


async def test_only_this_machine_is_shown_anything() -> None:
    async with serve_metrics(Metrics(), 0, lambda: True) as port:
        with socket.socket() as other:  # another address of this machine's own network
            other.bind(("127.0.0.2", port))
    assert HOST == "127.0.0.1"


async def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortError, match=f"^QUOTH_METRICS_PORT is {port}, which") as caught:
            async with serve_metrics(Metrics(), port, lambda: True):
                pytest.fail("it was shown")
    assert "choose another" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_blocked_event_loop_is_measured() -> None:
    metrics = Metrics()
    async with serve_metrics(metrics, 0, lambda: True) as port:
        await asyncio.sleep(0.05)
        time.sleep(0.3)
        await asyncio.sleep(0.05)
        found = samples((await get(port, "/metrics"))[1])
    assert metrics.longest_block >= 0.25
    count = found["quoth_event_loop_block_seconds_count",]
    assert count - found["quoth_event_loop_block_seconds_bucket", "0.2"] >= 1
