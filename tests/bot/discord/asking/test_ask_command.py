"""``/ask``, its options and autocompletion, and *Find the source*."""

import datetime

import discord
import pytest

from bot.discord.client import QuothClient
from bot.discord.storage.ownership import own_source, visible_to
from bot.discord.storage.server_settings import Scope
from retrieval.answering.question import MAX_QUESTION
from tests.bot.discord.world import QUESTION, TEXT, Engine, InProcessWorker, World, change_settings
from tests.support.articles import article, build


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


async def test_ask_works_in_direct_messages(world: World) -> None:
    person = world.env.create_user("grace")
    result = await person.slash("ask", question=QUESTION)
    assert TEXT in result.response.content


async def test_ask_takes_days_and_a_source(world: World, engine: Engine) -> None:
    await world.reader.slash(
        world.channel, "ask", question=QUESTION, since="2022", until="2022-02", source="The Herald"
    )
    hidden = visible_to(world.guild.id)
    assert engine.within == [
        hidden.narrowed(datetime.date(2022, 1, 1), datetime.date(2022, 2, 28), "The Herald")
    ]


@pytest.mark.parametrize("option", ["since", "until"])
@pytest.mark.parametrize("day", ["yesterday", "2022-02-30", "@everyone", "2022-3-29"])
async def test_what_is_no_date_is_told_in_one_private_line(
    world: World, engine: Engine, option: str, day: str
) -> None:
    result = await world.reader.slash(world.channel, "ask", question=QUESTION, **{option: day})
    assert result.response is not None
    assert result.response.ephemeral
    assert "is not a date; write 2022-03-29, 2022-03 or 2022." in result.response.content.replace(
        "\\", ""
    )
    assert not result.response.content.startswith("@")
    assert engine.asked == []


async def test_ask_answers_privately_where_told_to(world: World) -> None:
    public = await world.reader.slash(world.channel, "ask", question=QUESTION)
    private = await world.reader.slash(world.channel, "ask", question=QUESTION, private=True)
    assert public.response is not None
    assert private.response is not None
    assert (public.response.ephemeral, private.response.ephemeral) == (False, True)


async def test_sources_are_suggested_while_they_are_typed(
    world: World, index_worker: InProcessWorker
) -> None:
    sources = ["The Herald", "Her Own", "Other", None, "her" * 40, own_source(1), "Discord: her"]
    rows = [article(f"{n}", "Words.", source=source) for n, source in enumerate(sources)]
    build(index_worker.library, index_worker.encoder, rows)

    async def offered(typed: str) -> list[str]:
        choices = await world.reader.autocomplete(
            world.channel, "ask", "source", typed, question="a"
        )
        return [str(choice["value"]) for choice in choices]

    assert await offered("her") == ["Her Own", "Discord: her", "Other", "The Herald"]
    assert await offered("disc") == ["Discord: her"]
    assert await offered("%") == []


async def test_no_source_is_suggested_to_who_may_not_ask_or_may_not_see_it(
    world: World, index_worker: InProcessWorker, simcord_bot: QuothClient
) -> None:
    rows = [article(source, "Words.", source=source) for source in ("Herald", "Tass")]
    build(index_worker.library, index_worker.encoder, rows)
    server = world.guild.id

    async def offered() -> list[str]:
        choices = await world.reader.autocomplete(world.channel, "ask", "source", "", question="a")
        return [str(choice["value"]) for choice in choices]

    change_settings(
        simcord_bot.server_settings, server, 1, "sources", scope=Scope(frozenset({"tass"}))
    )
    assert await offered() == ["Tass"]
    change_settings(simcord_bot.server_settings, server, 1, "roles", roles=frozenset({7}))
    assert await offered() == []


async def test_where_sources_cannot_be_read_none_is_suggested(world: World) -> None:
    """There is no library."""
    assert await world.reader.autocomplete(world.channel, "ask", "source", "", question="a") == []


async def test_the_source_of_a_message_is_found_for_who_asks(
    world: World, engine: Engine, simcord_bot: QuothClient
) -> None:
    other = world.guild.add_member(world.env.create_user("bob"))
    said = await other.send(world.channel, "<@123> The talks were held in Istanbul <:ee:1>")
    result = await world.reader.context_menu(world.channel, "Find the source", said)
    assert engine.asked == ["The talks were held in Istanbul"]
    assert result.response is not None
    assert result.response.ephemeral
    assert result.response.content.startswith(
        f"About [this message]({said.jump_url}):\nVery likely (90\xa0%)\n> {TEXT}\n"
    )
    with simcord_bot.answer_service.questions._store.read() as connection:
        [kept] = connection.execute("SELECT question FROM asked").fetchone()
    assert kept is None  # what somebody wrote is not kept


@pytest.mark.usefixtures("long_messages")
async def test_of_a_long_message_the_beginning_is_looked_up(world: World, engine: Engine) -> None:
    said = await world.reader.send(world.channel, "word " * 800)
    await world.reader.context_menu(world.channel, "Find the source", said)
    [asked] = engine.asked
    assert asked == ("word " * (MAX_QUESTION // 5)).strip()


@pytest.mark.parametrize("content", ["<:ee:123> <@1>", "<t:1:R>"])
async def test_a_message_without_words_has_no_source(
    world: World, engine: Engine, content: str
) -> None:
    said = await world.reader.send(world.channel, content)
    result = await world.reader.context_menu(world.channel, "Find the source", said)
    assert result.response is not None
    assert result.response.content == "There are no words in that message that I could look for."
    assert engine.asked == []
