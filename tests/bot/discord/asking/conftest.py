"""Fixtures of the tests of asking."""

from typing import Any

import pytest
from simcord.components import validate_message_state


@pytest.fixture
def long_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages of 4,000 characters, which some people may send."""

    def check_beginning(*args: Any, content: str | None, **rest: Any) -> Any:
        return validate_message_state(*args, content=content and content[:2000], **rest)

    monkeypatch.setattr("simcord.backend.ops.messages.validate_message_state", check_beginning)
