"""The bot in a simulated Discord: who is answered, and with what."""

import asyncio
import threading

import discord
import pytest
import simcord

from bot.discord.client import QuothClient
from tests.bot.discord.world import QUESTION, TEXT, Engine, World, answer_of

HOSTILE = "@everyone <@1> **bold** https://example.org\n# heading"


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
        "-# \\[1\\] [New round](<https://example.org/talks>) · 2022-03-29 · ¶\xa01"
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
    assert "_\\_… · [read](<https://example.org/talks>) · 2022-03-29" in world.replies()[0].content


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


async def test_a_reply_to_the_bot_is_a_question(world: World, engine: Engine) -> None:
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    [reply] = world.replies()
    await world.reader.send(world.channel, "And when?", reply_to=reply)
    assert engine.asked == [QUESTION, "And when?"]
    assert len(world.replies()) == 2


@pytest.fixture
def own_role(
    world: World, simcord_bot: QuothClient, monkeypatch: pytest.MonkeyPatch
) -> discord.Role:
    """The bot's managed role, which the simulation makes but does not tie to the bot."""
    [guild] = simcord_bot.guilds
    [role] = [role for role in guild.roles if role.managed]
    monkeypatch.setattr(discord.Guild, "self_role", role)
    return role


async def test_the_role_of_the_bot_is_the_bot(
    world: World, engine: Engine, own_role: discord.Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simcord.intents, "_content_exempt", lambda *_: True)
    await world.reader.send(world.channel, f"{own_role.mention} {QUESTION}")
    assert engine.asked == [QUESTION]
    assert len(world.replies()) == 1


async def test_who_mentions_the_role_and_cannot_be_read_is_told(
    world: World, engine: Engine, own_role: discord.Role
) -> None:
    await world.reader.send(world.channel, f"{own_role.mention} {QUESTION}")
    [reply] = world.replies()
    assert "mention me, the bot, instead" in reply.content
    assert engine.asked == []


async def test_another_role_is_not_the_bot(
    world: World, engine: Engine, own_role: discord.Role
) -> None:
    other = world.guild.create_role("editors", mentionable=True)
    await world.reader.send(world.channel, f"{other.mention} {QUESTION}")
    assert engine.asked == []
    assert world.replies() == []
