"""Logs: whoever writes them, they contain neither tokens nor questions."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from discord.gateway import ReconnectWebSocket
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.discord.operations import logs, traces

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"  # noqa: S105 - it is none
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5OkFCQ0RFRg"
QUESTION = "Where were the talks held?"
LIBRARIES = ("discord.http", "discord.gateway", "discord.client", "aiohttp.client", "asyncio")


class Log:
    """All that was logged so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def set_up(self, **options: bool) -> None:
        logs.set_up(TOKEN, stream=self.stream, **options)


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    log = Log()
    log.set_up()
    yield log
    root.handlers[:] = before[0]
    root.setLevel(before[1])


def handshake(headers: dict[str, str]) -> aiohttp.WSServerHandshakeError:
    from multidict import CIMultiDict, CIMultiDictProxy

    url = URL(f"https://discord.example/api/v10/webhooks/1/{INTERACTION}/messages/@original")
    request = aiohttp.RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict(headers)), url)
    return aiohttp.WSServerHandshakeError(request, (), message="Invalid status", status=502)


def test_a_line_says_when_how_bad_who_and_what(log: Log) -> None:
    logging.getLogger("quoth").warning("the disk is %s", "full")
    assert log.text.split(" ", 2)[2] == "WARNING quoth: the disk is full\n"


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("questions", [False, True])
def test_no_record_of_any_library_holds_a_token(log: Log, as_json: bool, questions: bool) -> None:
    log.set_up(as_json=as_json, questions=questions)
    [handler] = logging.getLogger().handlers
    handler.setLevel(logging.DEBUG)  # as nobody does
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.debug("POST https://discord.example/api/webhooks/12/%s/messages", INTERACTION)
        logger.debug("For Shard ID %s: WebSocket Event: %s", 0, {"d": {"token": INTERACTION}})
        logger.debug("Authorization: Bot %s", TOKEN)
        logger.warning("%r %r", handshake({"Authorization": f"Bot {TOKEN}"}), {TOKEN: [TOKEN]})
        logger.warning("fields", extra={"fields": {"a": {TOKEN: [TOKEN]}, TOKEN: TOKEN, "b": 1}})
        for error in (handshake({"Authorization": TOKEN}), ValueError(f"Bot {TOKEN}")):
            try:
                raise RuntimeError(TOKEN) from error
            except RuntimeError:
                logger.exception("it failed")
            logger.error("it failed", exc_info=error)
        logger.setLevel(logging.NOTSET)
    assert len(log.text.splitlines()) >= 8 * len(LIBRARIES)
    for secret in (INTERACTION, *TOKEN.split(".")):
        assert secret not in log.text


@given(st.text(), st.text(), st.sampled_from([TOKEN, *TOKEN.split(".")]))
def test_a_token_is_hidden_whatever_is_around_it(before: str, after: str, secret: str) -> None:
    shown = logs.redactor(TOKEN)(f"{before}{secret}{after}")
    assert secret not in shown
    assert "[token]" in shown


@given(st.text(alphabet=st.characters(exclude_characters=".'\"/"), max_size=60))
def test_what_has_no_token_in_it_stays(text: str) -> None:
    assert logs.redactor(TOKEN)(text) == text
    assert logs.redactor("")(text) == text


def test_what_libraries_say_of_all_they_send_and_receive_is_not_logged(log: Log) -> None:
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.debug("received %s", QUESTION)
        logger.setLevel(logging.NOTSET)
    assert log.text == ""


@pytest.mark.parametrize("questions", [False, True])
def test_an_error_shows_where_it_arose_and_its_words_only_when_asked_for(
    log: Log, questions: bool
) -> None:
    log.set_up(questions=questions)
    try:
        try:
            raise KeyError(QUESTION)
        except KeyError as error:
            raise ValueError(f"cannot parse {QUESTION}") from error
    except ValueError:
        logging.getLogger("quoth").exception("a question failed")
    first, *rest = log.text.splitlines()
    assert first.endswith("ERROR quoth: a question failed")
    assert any("test_logs.py" in line for line in rest)
    assert "KeyError" in log.text
    assert "ValueError" in rest[-1]
    assert (QUESTION in log.text) == questions


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(104, "Connection reset by peer"),
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        handshake({}),
        ReconnectWebSocket(0),
    ],
)
def test_what_the_network_brings_is_one_line(log: Log, error: Exception) -> None:
    try:
        raise error
    except type(error):
        logging.getLogger("discord.client").exception("Attempting a reconnect in %.2fs", 1.5)
    [line] = log.text.splitlines()
    assert "Attempting a reconnect in 1.50s: " in line
    assert type(error).__name__ in line


async def test_a_task_that_fails_unseen_shows_no_values(log: Log) -> None:
    async def fail() -> None:
        raise ValueError(QUESTION)

    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": ValueError(QUESTION),
         "future": QUESTION}
    )  # fmt: skip
    assert "Task exception was never retrieved" in log.text
    assert QUESTION not in log.text


def test_nothing_in_a_record_makes_a_line_of_its_own(log: Log) -> None:
    logging.getLogger("quoth").info("a\nb\x1b[31m", extra={"fields": {"c": "d\ne"}})
    [line] = log.text.splitlines()
    assert line.endswith("a b␛[31m c=(d e)")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("questions", [False, True])
def test_a_question_leaves_one_line_with_its_number_and_timings(
    log: Log, as_json: bool, questions: bool
) -> None:
    log.set_up(as_json=as_json, questions=questions)
    ended: list[traces.Trace] = []
    with traces.trace_question("mention", QUESTION, ended.append) as trace:
        traces.mark("asked")
        traces.set_outcome("answered")
        assert traces.reference() == trace.reference
    assert ended == [trace]
    assert traces.current() is None
    assert [*trace.timings_ms] == ["asked", "total"]
    [line] = log.text.splitlines()
    assert trace.reference in line
    assert (QUESTION in line) == questions
    if as_json:
        [record] = log.objects
        assert record["message"] == "mention: answered"
        assert record["trace"] == trace.reference
        assert record["ms"] == trace.timings_ms
    else:
        assert f"ms=(asked {trace.timings_ms['asked']}, total " in line


async def test_each_task_has_its_own_trace(log: Log) -> None:
    log.set_up(as_json=True)

    async def ask(name: str) -> tuple[str, str]:
        with traces.trace_question("command", name) as trace:
            await asyncio.sleep(0)
            logging.getLogger("quoth").info("%s", name)
            return name, trace.reference

    asked = dict(await asyncio.gather(*(ask(str(number)) for number in range(5))))
    told = {each["message"]: each["trace"] for each in log.objects if ":" not in each["message"]}
    assert told == asked
    assert len({*asked.values()}) == 5


async def test_what_is_asked_in_vain_is_unsent(log: Log) -> None:
    with pytest.raises(ZeroDivisionError), traces.trace_question("command", QUESTION):
        _ = 1 / 0
    assert "command: unsent" in log.text


def test_that_the_bot_cannot_speak_is_not_said(log: Log) -> None:
    client = logging.getLogger("discord.client")
    client.warning("PyNaCl is not installed, voice will NOT be supported")
    client.warning("something else")
    assert [line.rsplit(": ", 1)[1] for line in log.text.splitlines()] == ["something else"]
