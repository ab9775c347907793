"""Conversations in threads and direct messages: each user's own, through restarts."""

import pytest
from discord.abc import Snowflake
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from bot.discord.asking import conversations
from bot.discord.asking.answer_service import AnswerService
from bot.discord.asking.conversations import ConversationCache
from bot.discord.client import QuothClient
from bot.discord.storage.database import Store
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from tests.bot.discord.world import QUESTION, TEXT, Engine, World, answer_of

WHEN, WHY = "And when?", "And why?"


@pytest.fixture(autouse=True)
def _article(engine: Engine) -> None:
    article = answer_of().quotes[0].article
    engine.articles = {article.id: article}


@pytest.fixture
def other(world: World) -> MemberActor:
    return world.guild.add_member(world.env.create_user("bob"))


async def thread_in(world: World, on: Snowflake | None = None) -> ChannelHandle:
    """A thread in the channel, which begins with a message or with none."""
    started = on.id if on else None
    world.env.backend.create_thread(world.channel.id, "talk", world.reader.id, message_id=started)
    await world.env.settle()
    return world.channel.threads[-1]


async def say(world: World, person: MemberActor, channel: ChannelHandle, question: str) -> None:
    await person.send(channel, f"{world.mention} {question}")


async def restarted(
    world: World, engine: Engine, store: Store, article_service: ArticleService
) -> None:
    """Go on with a client that remembers nothing."""
    client = QuothClient(AnswerService(engine, store), ServerSettingsStore(store), article_service)
    client.shard_count = 1
    await world.env.restart_bot(client)


def before(engine: Engine) -> list[list[str]]:
    """The questions that were before each one that was asked."""
    return [[turn.question for turn in history] for history in engine.history]


async def test_in_a_thread_a_mention_goes_on_from_the_answer_before(
    world: World, engine: Engine
) -> None:
    thread = await thread_in(world)
    for question in (QUESTION, WHEN, WHY):
        await say(world, world.reader, thread, question)
    assert before(engine) == [[], [QUESTION], [QUESTION, WHEN]]
    assert engine.history[-1][0].answer == TEXT


async def test_a_thread_on_an_answer_goes_on_from_it_whoever_asks(
    world: World, engine: Engine, other: MemberActor
) -> None:
    await say(world, world.reader, world.channel, QUESTION)
    thread = await thread_in(world, on=world.replies()[-1])
    await say(world, world.reader, thread, WHEN)
    await say(world, other, thread, WHY)
    assert before(engine) == [[], [QUESTION], [QUESTION]]


async def test_a_thread_on_anything_else_begins_anew(world: World, engine: Engine) -> None:
    await say(world, world.reader, world.channel, QUESTION)
    thread = await thread_in(world, on=await world.reader.send(world.channel, "Look at this"))
    await say(world, world.reader, thread, WHEN)
    assert before(engine) == [[], []]


async def test_another_bots_message_is_no_answer(world: World, engine: Engine) -> None:
    """Not even one with the key of an answer under it."""
    await say(world, world.reader, world.channel, QUESTION)
    under = world.env.backend.messages[world.channel.id][world.replies()[-1].id].components
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    fake = world.env.backend.create_message(world.channel.id, robot.id, "Ha", components=under)
    thread = await thread_in(world, on=fake)
    said = await world.reader.send(thread, "Look at this")
    reply = {"channel_id": str(thread.id), "message_id": str(said.id)}
    world.env.backend.create_message(thread.id, robot.id, "Ha", components=under, reference=reply)
    await say(world, world.reader, thread, WHEN)
    assert before(engine) == [[], []]


async def test_two_people_do_not_mix(world: World, engine: Engine, other: MemberActor) -> None:
    thread = await thread_in(world)
    await say(world, world.reader, thread, QUESTION)
    await say(world, other, thread, "Who won?")
    await say(world, world.reader, thread, WHEN)
    await say(world, other, thread, WHY)
    assert before(engine) == [[], [], [QUESTION], ["Who won?"]]


async def test_one_thread_does_not_mix_with_another(world: World, engine: Engine) -> None:
    await say(world, world.reader, await thread_in(world), QUESTION)
    await say(world, world.reader, await thread_in(world), WHEN)
    assert before(engine) == [[], []]


async def test_in_a_channel_only_a_reply_goes_on(world: World, engine: Engine) -> None:
    await say(world, world.reader, world.channel, QUESTION)
    first = world.replies()[-1]
    await say(world, world.reader, world.channel, WHEN)
    await world.reader.send(world.channel, WHY, reply_to=first)
    assert before(engine) == [[], [], [QUESTION]]


async def test_a_reply_in_a_thread_goes_on_from_what_it_replies_to(
    world: World, engine: Engine
) -> None:
    thread = await thread_in(world)
    await say(world, world.reader, thread, QUESTION)
    first = world.replies(thread)[-1]
    await say(world, world.reader, thread, "Who won?")
    await world.reader.send(thread, WHEN, reply_to=first)
    await say(world, world.reader, thread, WHY)
    assert before(engine)[2:] == [[QUESTION], [QUESTION, WHEN]]


async def test_commands_and_forms_in_a_thread_are_part_of_it(world: World, engine: Engine) -> None:
    thread = await thread_in(world)
    result = await world.reader.slash(thread, "ask", question=QUESTION)
    await say(world, world.reader, thread, WHEN)
    assert result.response is not None
    form = await world.reader.click(world.replies(thread)[-1], label="Ask a follow-up")
    await world.reader.submit_modal(form, {"question": WHY})
    await say(world, world.reader, thread, "And who?")
    assert before(engine)[1:] == [[QUESTION], [QUESTION, WHEN], [QUESTION, WHEN, WHY]]


async def test_what_was_asked_privately_is_not_gone_on_from_in_public(
    world: World, engine: Engine
) -> None:
    thread = await thread_in(world)
    result = await world.reader.slash(thread, "ask", question=QUESTION, private=True)
    assert result.response is not None
    form = await world.reader.click(result.response, label="Ask a follow-up")
    await world.reader.submit_modal(form, {"question": WHEN})
    await say(world, world.reader, thread, WHY)
    assert before(engine) == [[], [QUESTION], []]


async def test_direct_messages_are_a_conversation(
    world: World, engine: Engine, store: Store, article_service: ArticleService
) -> None:
    grace = world.env.create_user("grace")
    await grace.send_dm(QUESTION)
    await grace.send_dm(WHEN)
    await world.env.create_user("joan").send_dm("Who won?")
    await restarted(world, engine, store, article_service)
    await grace.send_dm(WHY)
    assert before(engine) == [[], [QUESTION], [], [QUESTION, WHEN]]


async def test_after_a_restart_each_goes_on_where_they_were(
    world: World, engine: Engine, store: Store, article_service: ArticleService, other: MemberActor
) -> None:
    thread = await thread_in(world)
    await say(world, world.reader, thread, QUESTION)
    await other.slash(thread, "ask", question="Who won?")
    await world.reader.send(thread, "Interesting.")
    await say(world, world.reader, thread, "")  # is told how to ask
    await restarted(world, engine, store, article_service)
    await say(world, world.reader, thread, WHEN)
    await say(world, other, thread, WHY)
    assert before(engine) == [[], [], [QUESTION], ["Who won?"]]


async def test_where_the_bot_may_not_look_back_a_question_begins_anew(
    world: World, engine: Engine, store: Store, article_service: ArticleService
) -> None:
    thread = await thread_in(world)
    await say(world, world.reader, thread, QUESTION)
    await restarted(world, engine, store, article_service)
    world.env.inject_error("GET", "/channels/*/messages", status=403, code=50013)
    await say(world, world.reader, thread, WHEN)
    await say(world, world.reader, thread, WHY)
    assert before(engine) == [[], [], [WHEN]]


async def test_what_is_remembered_is_not_looked_for(world: World) -> None:
    thread = await thread_in(world)
    for question in (QUESTION, WHEN, WHY):
        await say(world, world.reader, thread, question)
    looked = [each for each in world.env.http_requests if each.method == "GET"]
    assert len([each for each in looked if each.path.endswith(f"/{thread.id}/messages")]) == 1


async def test_what_the_store_has_lost_is_begun_anew(
    world: World, engine: Engine, store: Store
) -> None:
    thread = await thread_in(world)
    await say(world, world.reader, thread, QUESTION)
    with store.write() as connection:
        connection.execute("DELETE FROM asked")
    await say(world, world.reader, thread, WHEN)
    assert before(engine) == [[], []]


def test_few_conversations_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "_CACHE_SIZE", 2)
    kept = ConversationCache()
    for conversation in ((1, 1), (1, 2), (1, 1), (2, 1)):
        kept.continue_from(conversation, "key")
    assert list(kept._last_keys) == [(1, 1), (2, 1)]
