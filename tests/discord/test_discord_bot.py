"""The bot in a simulated Discord: who is answered, with what, and what is logged."""

import asyncio
import datetime
import logging
import re
import threading
from collections.abc import AsyncIterator, Callable

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from bot.discord_bot import QuothClient
from retrieval.answer import Answer, LibraryState, Quote, Timings
from retrieval.article import Article
from retrieval.errors import DamagedError, QuestionError

QUESTION = "Where were the talks held?"
TEXT = "The talks are being held at the old office."
HOSTILE = "@everyone <@1> **bold** https://example.org\n# heading"


def answer_of(text: str = TEXT, *, title: str = "New round", answered: bool = True) -> Answer:
    article = Article(
        id="talks",
        title=title,
        date=datetime.date(2022, 3, 29),
        source=None,
        url="https://example.org/talks",
        text=text,
    )
    return Answer(
        question=QUESTION,
        answered=answered,
        confidence=0.9,
        quotes=(Quote(article, 0, len(text), 1, score=0.9),),
        library=LibraryState(generation=1, articles=1, passages=1),
        timings_ms=Timings(encode=0.0, search=0.0, read=0.0, total=0.0),
    )


class Engine:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.result: Answer | Exception = answer_of()
        self.meanwhile: Callable[[], object] = lambda: None

    def ask(self, question: str) -> Answer:
        self.asked.append(question)
        self.meanwhile()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def simcord_bot(engine: Engine) -> AsyncIterator[QuothClient]:
    client = QuothClient(engine.ask)
    yield client
    await client.close()


class World:
    """A server with one channel and one person in it."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild: GuildHandle = env.create_guild()
        self.channel: ChannelHandle = self.guild.create_text_channel("questions")
        self.reader: MemberActor = self.guild.add_member(env.create_user("ada"))
        self.mention = f"<@{env.backend.bot_user.id}>"

    def replies(self, channel: ChannelHandle | None = None) -> list[discord.Message]:
        history = (channel or self.channel).history()
        return [m for m in history if m.author.id == self.env.backend.bot_user.id]


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)


async def test_it_needs_no_privileged_intent(simcord_bot: QuothClient) -> None:
    intents = simcord_bot.intents
    assert not (intents.members or intents.presences or intents.message_content)


async def test_ask_waits_visibly_and_answers(world: World, engine: Engine) -> None:
    before: list[object] = []
    engine.meanwhile = lambda: before.extend(r.json for r in world.env.http_requests)
    result = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert before[-1] == {"type": discord.InteractionResponseType.deferred_channel_message.value}
    assert result.response is not None
    assert result.response.content == (
        f"**{QUESTION}**\n"
        "Very likely (90\xa0%)\n"
        f"> {TEXT}\n"
        "-# \\[1\\] New round · 2022-03-29 · ¶\xa01 · [read](<https://example.org/talks>)"
    )
    assert engine.asked == [QUESTION]


async def test_a_mention_is_answered_with_a_reply(world: World, engine: Engine) -> None:
    message = await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    [reply] = world.replies()
    assert reply.content.startswith(f"Very likely (90\xa0%)\n> {TEXT}\n")
    assert reply.reference is not None
    assert reply.reference.message_id == message.id
    assert engine.asked == [QUESTION]


async def test_it_types_while_it_works(world: World) -> None:
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    paths = [request.path for request in world.env.http_requests if "/channels/" in request.path]
    assert [path.rsplit("/", 1)[1] for path in paths] == ["typing", "messages"]


async def test_the_answer_matters_more_than_the_typing(world: World) -> None:
    world.env.inject_error("POST", "/channels/*/typing", status=403, code=50013)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert len(world.replies()) == 1


@pytest.mark.parametrize("content", ["{0} where?", "where? {0}", "{0}{0}\nwhere?", "<@!{1}>where?"])
async def test_the_mention_is_no_part_of_the_question(
    world: World, engine: Engine, content: str
) -> None:
    bot = world.env.backend.bot_user.id
    await world.reader.send(world.channel, content.format(world.mention, bot))
    assert engine.asked == ["where?"]


async def test_a_direct_message_needs_no_mention(world: World, engine: Engine) -> None:
    person = world.env.create_user("grace")
    await person.send_dm(QUESTION)
    assert [TEXT in reply.content for reply in world.replies(person.dm_channel)] == [True]
    assert engine.asked == [QUESTION]


async def test_ask_works_in_direct_messages(world: World) -> None:
    person = world.env.create_user("grace")
    result = await person.slash("ask", question=QUESTION)
    assert TEXT in result.response.content


async def test_a_mention_without_a_question_is_told_how_to_ask(
    world: World, engine: Engine
) -> None:
    await world.reader.send(world.channel, f" {world.mention} ")
    [reply] = world.replies()
    assert "/ask" in reply.content
    assert engine.asked == []


async def test_other_messages_are_left_alone(world: World, engine: Engine) -> None:
    other = world.guild.add_member(world.env.create_user("bob"))
    await world.reader.send(world.channel, QUESTION)
    await world.reader.send(world.channel, f"@everyone {QUESTION}")
    await world.reader.send(world.channel, f"{other.mention} {QUESTION}")
    assert engine.asked == []
    assert world.replies() == []


async def test_bots_and_webhooks_are_left_alone(world: World, engine: Engine) -> None:
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, f"{world.mention} {QUESTION}")
    webhook = world.guild.create_webhook(world.channel)
    await webhook.send(f"{world.mention} {QUESTION}")
    assert engine.asked == []


async def test_a_question_that_cannot_be_asked_gets_its_reason(
    world: World, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.result = QuestionError("the question has no word: ask with at least one")
    await world.reader.send(world.channel, f"{world.mention} ?!")
    result = await world.reader.slash(world.channel, "ask", question="?!")
    shown = "the question has no word\\: ask with at least one"
    assert [reply.content for reply in world.replies()] == [shown, shown]
    assert result.response is not None
    assert caplog.records == []


async def test_trouble_with_the_library_is_told_and_logged(
    world: World, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.result = DamagedError("library: run quoth index --rebuild")
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert world.replies()[0].content == "library\\: run quoth index --rebuild"
    assert "library: run quoth index --rebuild" in caplog.text
    assert QUESTION not in caplog.text


async def test_a_fault_is_told_by_a_reference_and_logged_without_the_question(
    world: World, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.result = ValueError(f"cannot parse {QUESTION}")
    engine.result.__cause__ = KeyError(QUESTION)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    found = re.fullmatch(
        r"Something went wrong \(reference ([0-9a-f]{8})\)\.", world.replies()[0].content
    )
    assert found
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    logged = record.getMessage()
    assert found[1] in logged
    assert "in ask" in logged
    assert "KeyError" in logged
    assert logged.rstrip().endswith("ValueError")
    assert QUESTION not in caplog.text


async def test_nothing_pings(world: World, engine: Engine) -> None:
    engine.result = answer_of(f"{HOSTILE} {world.reader.mention}", title=HOSTILE)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    await world.reader.slash(world.channel, "ask", question=f"{HOSTILE} {world.reader.mention}")
    assert len(world.replies()) == 2
    for reply in world.replies():
        assert not reply.mention_everyone
        assert reply.mentions == []
        assert "\\@everyone" in reply.content
    sent = [
        r.json for r in world.env.http_requests if isinstance(r.json, dict) and "content" in r.json
    ]
    assert [body["allowed_mentions"].get("parse") for body in sent] == [[], []]
    assert not sent[0]["allowed_mentions"]["replied_user"]


async def test_passages_that_do_not_answer_are_called_so(world: World, engine: Engine) -> None:
    engine.result = answer_of(answered=False)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert world.replies()[0].content.startswith(
        f"Not found in the articles.\nThe nearest passages:\n> {TEXT}"
    )


async def test_a_long_title_and_a_long_quote_are_sent(world: World, engine: Engine) -> None:
    engine.result = answer_of("*" * 320, title="_" * 1000)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert "_\\_… · 2022-03-29" in world.replies()[0].content


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


async def test_a_question_that_was_deleted_is_still_answered(world: World, engine: Engine) -> None:
    backend = world.env.backend
    loop = asyncio.get_running_loop()

    def delete() -> None:
        for message in list(backend.messages[world.channel.id]):
            backend.delete_message(world.channel.id, message)

    engine.meanwhile = lambda: loop.call_soon_threadsafe(delete)
    # The simulation takes replies to what is gone; Discord refuses them in this way.
    world.env.inject_error("POST", "/channels/*/messages", status=400, code=50035)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    [reply] = world.replies()
    assert reply.reference is None
    assert TEXT in reply.content


async def test_a_channel_that_it_may_not_write_in_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    me = world.env.backend.bot_user.id
    role = next(
        role for role in world.guild.roles.values() if role.id != world.guild.default_role.id
    )
    channel = world.guild.create_text_channel("silent", overwrites={role: silent})
    await world.reader.send(channel, f"<@{me}> {QUESTION}")
    assert world.replies(channel) == []
    [record] = caplog.records
    assert f"channel {channel.id}: 403" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert QUESTION not in caplog.text


async def test_a_command_that_waited_too_long_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await world.reader.slash(world.channel, "ask", question=QUESTION)
    [record] = caplog.records
    assert "could not be sent" in record.getMessage()
    assert QUESTION not in caplog.text
