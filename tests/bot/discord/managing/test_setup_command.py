"""``/quoth setup``: the settings, who may change them, and their effect on questions."""

import datetime

import pytest
from simcord.builders import ChannelHandle
from simcord.results import InteractionResult

from bot.discord.client import QuothClient
from bot.discord.storage import audit_log
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX, own_source
from bot.discord.storage.server_settings import Scope, ServerSettings
from tests.bot.discord.world import QUESTION, Engine, InProcessWorker, World, change_settings, panel
from tests.support.articles import article, build

DAY = datetime.date(2022, 3, 29)


@pytest.fixture(autouse=True)
def _library(index_worker: InProcessWorker) -> None:
    rows = [article(s, "Words.", source=s) for s in ("Tass", "Diena", own_source(7))]
    build(index_worker.library, index_worker.encoder, rows)


@pytest.fixture
def elsewhere(world: World) -> ChannelHandle:
    return world.guild.create_text_channel("elsewhere")


def settings(world: World, simcord_bot: QuothClient) -> ServerSettings:
    return simcord_bot.server_settings.get(world.guild.id)


def said(result: InteractionResult) -> str:
    assert result.ephemeral
    assert result.response is not None
    return result.response.content


async def test_at_first_it_answers_everyone_everywhere(world: World, engine: Engine) -> None:
    text = (await panel(world)).content
    assert text.split("\n") == [
        "**Quoth in this server**",
        "Where I answer: in every channel",
        "Whom I answer: everyone",
        "Who sees an answer: everybody",
        "How sure I must be: as the bot has it",
        "What I quote: all sources",
    ]
    await world.reader.slash(world.channel, "ask", question=QUESTION)
    (within,) = engine.within
    assert within is not None
    assert (within.withheld, within.own) == (OWN_SOURCE_PREFIX, own_source(world.guild.id))
    assert engine.min_confidence == [None]


async def test_it_answers_in_some_channels_alone(
    world: World, elsewhere: ChannelHandle, engine: Engine, simcord_bot: QuothClient
) -> None:
    changed = await world.manager.select(
        await panel(world), custom_id="channels", values=[elsewhere]
    )
    assert changed.response is not None
    assert f"Where I answer: <#{elsewhere.id}>" in changed.response.content
    refused = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert said(refused) == f"I don't answer in this channel; ask me in <#{elsewhere.id}>."
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert not world.replies()  # nor is the channel filled with refusals
    (told,) = world.direct()
    assert told.content == f"I don't answer in this channel; ask me in <#{elsewhere.id}>."
    assert not engine.asked
    await world.reader.send(elsewhere, f"{world.mention} {QUESTION}")
    assert len(world.replies(elsewhere)) == 1
    await world.manager.select(await panel(world), custom_id="channels", values=[])
    assert settings(world, simcord_bot).channels == frozenset()


async def test_it_answers_some_roles_alone(world: World, engine: Engine) -> None:
    readers = world.guild.create_role("Readers")
    ann = world.guild.add_member(world.env.create_user("ann"), roles=[readers])
    await world.manager.select(await panel(world), custom_id="roles", values=[readers])
    refused = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert f"only those with the role <@&{readers.id}>" in said(refused)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert not engine.asked
    for each in (ann, world.manager):
        await each.slash(world.channel, "ask", question=QUESTION)
        await each.send(world.channel, f"{world.mention} {QUESTION}")
    assert len(engine.asked) == 4


async def test_private_answers(world: World, engine: Engine) -> None:
    changed = await world.manager.click(await panel(world), custom_id="private")
    assert changed.response is not None
    assert "only the one who asked" in changed.response.content
    answered = await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert "old office" in said(answered)
    await world.reader.send(world.channel, f"{world.mention} {QUESTION}")
    assert not world.replies()
    assert "old office" in world.direct()[-1].content


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("50 %", 0.5), ("50%", 0.5), ("50", 0.5), ("0.5", 0.5), ("0,5", 0.5), ("0", 0.0), ("", None)],
)
async def test_the_threshold(
    world: World, engine: Engine, simcord_bot: QuothClient, typed: str, wanted: float | None
) -> None:
    form = await world.manager.click(await panel(world), custom_id="threshold")
    await world.manager.submit_modal(form, {"threshold": typed})
    assert settings(world, simcord_bot).min_confidence == wanted
    await world.reader.slash(world.channel, "ask", question=QUESTION)
    assert engine.min_confidence == [wanted]


@pytest.mark.parametrize("typed", ["101", "-1", "high", "nan", "**%**"])
async def test_a_threshold_that_is_none_is_told_and_not_kept(
    world: World, simcord_bot: QuothClient, typed: str
) -> None:
    form = await world.manager.click(await panel(world), custom_id="threshold")
    refused = await world.manager.submit_modal(form, {"threshold": typed})
    assert "is not from 0 to 100 %" in said(refused)
    assert settings(world, simcord_bot) == ServerSettings(world.guild.id)


async def test_what_a_channel_may_see(
    world: World,
    elsewhere: ChannelHandle,
    engine: Engine,
    simcord_bot: QuothClient,
    index_worker: InProcessWorker,
) -> None:
    form = await world.manager.select(await panel(world), custom_id="scope", values=[elsewhere])
    assert form.modal is not None
    offered = form.modal["components"][0]["component"]["options"]
    assert [each["label"] for each in offered] == ["This server's own articles", "Diena", "Tass"]
    await world.manager.submit_modal(
        form,
        {"sources": ["own", "1"], "others": "Herald; Discord: a;", "since": "2022-03-29"},
    )
    own = own_source(world.guild.id)
    scope = Scope(frozenset({own, "Tass", "Herald", "Discord: a"}), DAY, None)
    assert settings(world, simcord_bot).scopes == {elsewhere.id: scope}
    text = (await panel(world)).content
    assert (
        f"What I quote in <#{elsewhere.id}>: Discord\\: a, Herald, Tass, This server's own articles"
        in text
    )
    assert "since 2022-03-29" in text
    for channel in (world.channel, elsewhere):
        await world.reader.slash(channel, "ask", question=QUESTION)
    free, bound = engine.within
    assert free is not None
    assert bound is not None
    assert (free.sources, free.since) == (None, None)
    assert (bound.sources, bound.since) == (scope.sources, DAY)
    (entry,) = audit_log.latest(index_worker.store, world.guild.id, 5)
    assert entry.user == world.manager.id
    assert entry.action.startswith("#elsewhere may see: ")
    # The form shows what is settled, and takes it back.
    again = await world.manager.select(await panel(world), custom_id="scope", values=[elsewhere])
    assert again.modal is not None
    parts = [each["component"] for each in again.modal["components"]]
    assert [each["default"] for each in parts[0]["options"]] == [False, True, False, True]
    assert [part.get("value") for part in parts[1:]] == [
        "Discord: a; Herald",
        "2022-03-29",
        None,
    ]
    await world.manager.submit_modal(again, {})
    assert settings(world, simcord_bot).scopes == {elsewhere.id: Scope()}
    # It can be taken from the channel again, whatever else stands in the form.
    again = await world.manager.select(await panel(world), custom_id="scope", values=[elsewhere])
    await world.manager.submit_modal(again, {"sources": ["as-others", "own"], "since": "x"})
    assert settings(world, simcord_bot).scopes == {}
    assert (
        audit_log.latest(index_worker.store, world.guild.id, 1)[0].action
        == "#elsewhere may see: as all others"
    )


@pytest.mark.parametrize("others", [";", " ; ;"])
async def test_sources_that_are_none_do_not_become_all(
    world: World, simcord_bot: QuothClient, others: str
) -> None:
    form = await world.manager.click(await panel(world), custom_id="all")
    refused = await world.manager.submit_modal(form, {"others": others})
    assert "nothing was changed" in said(refused)
    assert settings(world, simcord_bot) == ServerSettings(world.guild.id)


@pytest.mark.parametrize(
    ("days", "line"),
    [
        ({"since": "yesterday"}, "write it like 2022-03-29"),
        ({"until": "2022-13-01"}, "write it like 2022-03-29"),
        ({"since": "2022-03-30", "until": "2022-03-29"}, "after the last one"),
    ],
)
async def test_days_that_are_none_are_told(
    world: World, simcord_bot: QuothClient, days: dict[str, str], line: str
) -> None:
    form = await world.manager.click(await panel(world), custom_id="all")
    assert line in said(await world.manager.submit_modal(form, dict(days)))
    assert settings(world, simcord_bot) == ServerSettings(world.guild.id)


async def test_who_may_not_manage_the_server_changes_nothing(
    world: World, simcord_bot: QuothClient
) -> None:
    assert "quoth setup" not in world.reader.available_commands(world.channel)
    world.give_to_everyone("quoth")
    refused = await world.reader.slash(world.channel, "quoth setup")
    assert "(Manage Server) can do that" in said(refused)
    world.expect_refusals()
    message = await panel(world)
    form = await world.manager.click(message, custom_id="threshold")
    world.take_away_managing()
    for clicked in (
        await world.manager.click(message, custom_id="private"),
        await world.manager.submit_modal(form, {"threshold": "50"}),
    ):
        assert "(Manage Server) can do that" in said(clicked)
    assert settings(world, simcord_bot) == ServerSettings(world.guild.id)


async def test_another_server_is_not_touched(world: World, simcord_bot: QuothClient) -> None:
    await world.manager.click(await panel(world), custom_id="private")
    assert simcord_bot.server_settings.get(world.guild.id).private
    assert simcord_bot.server_settings.get(world.guild.id + 1) == ServerSettings(world.guild.id + 1)


async def test_a_long_list_of_settings_fits_into_a_message(
    world: World, simcord_bot: QuothClient
) -> None:
    """Discord refuses what is longer, and so does simcord."""
    scope = Scope(frozenset(f"{'@' * 90}{n}" for n in range(30)), DAY, DAY)
    await panel(world)
    change_settings(simcord_bot.server_settings, world.guild.id, 1, "all",
        channels=frozenset(range(10**18, 10**18 + 25)),
        roles=frozenset(range(10**18, 10**18 + 25)),
        scope=scope,
        scopes={10**18 + n: scope for n in range(50)},
    )  # fmt: skip
    assert len((await panel(world)).content) <= 2000
