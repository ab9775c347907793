"""Health and figures for Prometheus, on this machine's own address alone.

``QUOTH_METRICS_PORT`` turns them on: ``http://127.0.0.1:PORT/health`` and ``/metrics``. Neither
names a person, a server or what was asked.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from bot.discord.operations.traces import Trace
from retrieval.errors import QuothError

HOST = "127.0.0.1"
_SECONDS_BETWEEN_LOOKS = 0.02
_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 60)
_PARTS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)
_BLOCKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


class PortError(QuothError):
    """The port is another process's, or may not be used."""


class Metrics:
    """What is counted while the bot runs."""

    def __init__(self) -> None:
        # Imported here because it reads the environment, and few ask for figures.
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = Counter(
            "quoth_questions", "Questions, by what became of them.", ["kind", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self._steps = Histogram(
            "quoth_step_seconds", "From a question's arrival to each step.", ["step"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._parts = Histogram(
            "quoth_engine_seconds", "What each part of the engine took.", ["part"],
            buckets=_PARTS, registry=self.registry,
        )  # fmt: skip
        self._blocks = Histogram(
            "quoth_event_loop_block_seconds", "How much later than planned the event loop ran.",
            buckets=_BLOCKS, registry=self.registry,
        )  # fmt: skip
        self.longest_block = 0.0
        """Seconds for which the event loop was held up at the most."""

    def finished(self, trace: Trace) -> None:
        """Count a question that has come to its end."""
        self._questions.labels(trace.kind, trace.outcome).inc()
        for step, milliseconds in trace.timings_ms.items():
            self._steps.labels(step).observe(milliseconds / 1000)
        for part, milliseconds in trace.engine_ms.items():
            self._parts.labels(part).observe(milliseconds / 1000)

    def measured(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for each time."""
        from prometheus_client import Gauge

        Gauge(name, about, registry=self.registry).set_function(value)

    async def watch_loop(self) -> None:
        """Measure for how long the event loop is held up, until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            late = max(0.0, time.perf_counter() - began - _SECONDS_BETWEEN_LOOKS)
            self._blocks.observe(late)
            self.longest_block = max(self.longest_block, late)


@asynccontextmanager
async def showing(metrics: Metrics, port: int, healthy: Callable[[], bool]) -> AsyncIterator[int]:
    """Show figures and health for as long as the block runs.

    Args:
        metrics: the figures.
        port: where; 0 takes any that is free.
        healthy: whether Discord is connected.

    Yields:
        The port.

    Raises:
        PortError: it cannot be had.
    """
    from prometheus_client import generate_latest

    async def health(_: web.Request) -> web.Response:
        # Said by the event loop that answers people, so that none is said where it hangs.
        well = healthy()
        return web.json_response(
            {"status": "ok" if well else "not connected to Discord"}, status=200 if well else 503
        )

    async def figures(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(metrics.registry),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    app = web.Application()
    app.add_routes([web.get("/health", health), web.get("/metrics", figures)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        try:
            await site.start()
        except OSError as error:
            raise PortError(
                f"QUOTH_METRICS_PORT is {port}, which cannot be used"
                f" ({error.strerror}); choose another"
            ) from error
        watch = asyncio.create_task(metrics.watch_loop())
        try:
            yield runner.addresses[0][1]
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
    finally:
        await runner.cleanup()
