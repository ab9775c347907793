"""Prometheus metrics and a health check, on the loopback interface.

``QUOTH_METRICS_PORT`` turns them on: ``http://127.0.0.1:PORT/health`` and ``/metrics``. They name
no user, no server and no question.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from bot.discord.operations.traces import Trace
from retrieval.errors import QuothError

HOST = "127.0.0.1"
_SAMPLE_INTERVAL = 0.02
_STEP_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 60)
_ENGINE_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)
_BLOCK_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


class PortError(QuothError):
    """The port is in use, or not permitted."""


class Metrics:
    """The counters, histograms and gauges of a run."""

    def __init__(self) -> None:
        # Imported here because it reads the environment, and metrics are off by default.
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = Counter(
            "quoth_questions", "Questions, by what became of them.", ["kind", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self._steps = Histogram(
            "quoth_step_seconds", "From a question's arrival to each step.", ["step"],
            buckets=_STEP_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._parts = Histogram(
            "quoth_engine_seconds", "What each part of the engine took.", ["part"],
            buckets=_ENGINE_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._blocks = Histogram(
            "quoth_event_loop_block_seconds", "How much later than planned the event loop ran.",
            buckets=_BLOCK_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.longest_block = 0.0
        """The longest time in seconds for which the event loop was blocked."""

    def record(self, trace: Trace) -> None:
        self._questions.labels(trace.kind, trace.outcome).inc()
        for step, milliseconds in trace.timings_ms.items():
            self._steps.labels(step).observe(milliseconds / 1000)
        for part, milliseconds in trace.engine_ms.items():
            self._parts.labels(part).observe(milliseconds / 1000)

    def add_gauge(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Add a gauge that calls ``value`` at each scrape."""
        from prometheus_client import Gauge

        Gauge(name, about, registry=self.registry).set_function(value)

    async def watch_loop(self) -> None:
        """Measure how long the event loop is blocked, until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_SAMPLE_INTERVAL)
            late = max(0.0, time.perf_counter() - began - _SAMPLE_INTERVAL)
            self._blocks.observe(late)
            self.longest_block = max(self.longest_block, late)


@asynccontextmanager
async def serve_metrics(
    metrics: Metrics, port: int, healthy: Callable[[], bool]
) -> AsyncIterator[int]:
    """Serve ``/metrics`` and ``/health`` during the block; yields the port (0: any free one).

    Raises:
        PortError: the port cannot be used.
    """
    from prometheus_client import generate_latest

    async def health(_: web.Request) -> web.Response:
        # Served by the event loop that answers questions, so that a blocked loop is unhealthy.
        ok = healthy()
        return web.json_response(
            {"status": "ok" if ok else "not connected to Discord"}, status=200 if ok else 503
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
