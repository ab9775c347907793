"""Mentions, replies and direct messages in a simulated Discord."""

import discord
import pytest
import simcord

from bot.discord.client import QuothClient
from retrieval.answering.question import validated_question
from tests.bot.discord.world import QUESTION, TEXT, Engine, World, answer_of

HOSTILE = "@everyone <@1> **bold** https://example.org\n# heading"


async def test_it_needs_no_privileged_intent(simcord_bot: QuothClient) -> None:
    intents = simcord_bot.intents
    assert not (intents.members or intents.presences or intents.message_content)


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


@pytest.mark.usefixtures("long_messages")
async def test_a_question_that_is_too_long_is_told_so(world: World, engine: Engine) -> None:
    engine.meanwhile = lambda: validated_question(engine.asked[-1])
    await world.reader.send(world.channel, f"{world.mention} {'word ' * 790}")
    [reply] = world.replies()
    assert reply.content.startswith("The question is 3,949 characters long")


@pytest.mark.parametrize("content", ["<:ee:123>", "<a:ee:123><@5>", "<#5> <@&5> <t:12:R>"])
async def test_a_mention_with_nothing_but_tags_is_told_how_to_ask(
    world: World, engine: Engine, content: str
) -> None:
    await world.reader.send(world.channel, f"{world.mention} {content}")
    [reply] = world.replies()
    assert "/ask" in reply.content
    assert engine.asked == []


@pytest.mark.parametrize("question", ["🙂🙂🙂", "где прошли переговоры?", "会谈在哪里举行？", "?!"])
async def test_odd_questions_come_to_the_engine_as_they_are(
    world: World, engine: Engine, question: str
) -> None:
    await world.reader.send(world.channel, f"{world.mention} {question}")
    assert engine.asked == [question]
    assert len(world.replies()) == 1


async def test_who_asks_where_the_bot_may_not_write_is_told_directly(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    role = next(
        role for role in world.guild.roles.values() if role.id != world.guild.default_role.id
    )
    channel = world.guild.create_text_channel("silent", overwrites={role: silent})
    await world.reader.send(channel, f"{world.mention} {QUESTION}")
    assert world.replies(channel) == []
    [told] = world.replies(world.reader.user.dm_channel)
    assert told.content == f"I may not write in <#{channel.id}>. Ask me here, or use `/ask` there."
    assert len(caplog.records) == 1
