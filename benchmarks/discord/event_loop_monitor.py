"""Event loop delay: how long the bot's event loop is blocked, and by the bot or the simulation."""

import asyncio
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

THE_BOT, THE_SIMULATION, AT_REST = "the bot", "the simulation", "waiting for its turn"
OURS = tuple(str(Path(__file__).parents[2] / name) + "/" for name in ("bot", "retrieval"))


class EventLoopMonitor(threading.Thread):
    """Sees from outside for how long the event loop is held up, by whom, and where it then is.

    Attributes:
        longest: seconds and place, of all that holds it up together, and of each alone.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.longest: dict[str, tuple[float, str]] = {}
        self._beat = time.perf_counter()
        self._loop_thread = threading.get_ident()

    async def beat(self) -> None:
        """Record a heartbeat every 5 ms in the event loop, until cancelled."""
        while True:
            self._beat = time.perf_counter()
            await asyncio.sleep(0.005)

    def run(self) -> None:
        """Sample the event loop's stack every 5 ms, until ``over`` is set."""
        block, looked = self._beat, time.perf_counter()
        held: defaultdict[str, float] = defaultdict(float)  # seconds of this block, by each
        while not self.over.is_set():
            time.sleep(0.005)
            now, beat = time.perf_counter(), self._beat
            if beat != block:
                block, held, looked = beat, defaultdict(float), max(looked, beat)
            who, where = self._at()
            held[who] += now - looked  # since the last look: a little too much, if anything
            looked = now
            self._note("all", now - beat, where)
            self._note(who, held[who], where)

    def _note(self, who: str, seconds: float, where: str) -> None:
        if seconds > self.longest.get(who, (0.0, ""))[0]:
            self.longest[who] = seconds, where

    def _at(self) -> tuple[str, str]:
        """Who is at work in the event loop now, and the innermost functions."""
        frame = sys._current_frames().get(self._loop_thread)
        names: list[str] = []
        ours = False
        while frame:
            names.append(f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}")
            ours = ours or frame.f_code.co_filename.startswith(OURS)
            frame = frame.f_back
        at_rest = bool(names) and names[0] == "selectors.select"
        who = THE_BOT if ours else AT_REST if at_rest else THE_SIMULATION
        return who, " < ".join(names[:4])
