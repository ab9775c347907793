"""Promise 2: killed at any instant, a library opens, has what was acknowledged, and finishes.

``tests.soak.kill_indexers`` says what is killed, and what is looked at after it; it kills 200.
"""

import random

from tests.soak.kill_indexers import kill


def test_twenty_killed_at_random_lose_nothing() -> None:
    seed = random.randrange(10_000)  # noqa: S311 - not for secrets
    outcome = kill(20, seed, files=10, each=15)
    assert outcome.failures == [], f"with seed {seed}"
    assert outcome.kills == 20
    assert len({what for what, _ in outcome.instants}) == 10
