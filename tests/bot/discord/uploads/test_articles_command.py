"""``/articles``: permissions, responses and effects of each command."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from simcord.results import InteractionResult

from bot.discord.asking.answer_service import AnswerService
from bot.discord.client import QuothClient
from bot.discord.errors import UploadError
from bot.discord.storage import uploads
from bot.discord.storage.ownership import own_article_id, own_source, visible_to
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_list import PAGE_SIZE
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer import IndexRequest, IndexResult, ProgressCallback
from retrieval.documents.article import id_key
from retrieval.errors import LibraryError
from retrieval.library.local.lock import writer_lock
from tests.bot.discord.world import Engine, InProcessWorker, World
from tests.support.articles import answerer_of, article, build

TALKS = ("talks.txt", b"date 2022-03-29 The talks\n\nThe talks began.\n")
HOSTILE = "@everyone [x](https://evil.example) <@1> `a` # b"


class Pages(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        paragraph = "<p>The talks of the two cities went on until the evening of that day.</p>"
        title = "<title>A page about talks</title>"
        body = f"<html><head>{title}</head><body><article>{paragraph * 5}</article></body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/talks"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _library(index_worker: InProcessWorker) -> None:
    public = [article("river", "The river rose.", title="High water", date="2023-01-05")]
    build(index_worker.library, index_worker.encoder, public)


def seen(index_worker: InProcessWorker, server: int, question: str = "river talks") -> set[str]:
    """The titles of what a question finds in a server."""
    answerer = answerer_of(index_worker.library, index_worker.encoder, 0.0)
    quotes = answerer.ask(question, 50, visible_to(server)).quotes
    answerer.close()
    return {quote.article.title for quote in quotes}


async def command(world: World, name: str, **options: str) -> InteractionResult:
    return await world.manager.slash(world.channel, f"articles {name}", **options)


async def add(world: World, *files: tuple[str, bytes], address: str = "") -> InteractionResult:
    shown = await command(world, "add")
    values: dict[str, object] = {}
    if files:
        values["files"] = list(files)
    if address:
        values["address"] = address
    return await world.manager.submit_modal(shown, values)


def said(result: InteractionResult) -> str:
    assert result.ephemeral
    assert result.response is not None
    return result.response.content


async def test_a_file_is_added_and_this_server_alone_can_ask_about_it(
    world: World, index_worker: InProcessWorker
) -> None:
    assert said(await add(world, TALKS)) == "Added **The talks**."
    assert seen(index_worker, world.guild.id) == {"The talks", "High water"}
    assert seen(index_worker, world.guild.id + 1) == {"High water"}
    assert not world.replies()  # nothing of it is seen by others


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (("a.pdf", b"%PDF"), "a.pdf\\: not a kind of file that I read; those are .txt"),
        (("a.txt", b""), "a.txt\\: empty"),
        (("a.txt", b"Title"), "a.txt\\: has a title but no text"),
        (("../../x.txt", b"Title"), "x.txt\\: has a title but no text"),
        (("a.txt", b"x" * 10_000_001), "a.txt\\: 10 MB, and the most that I take is 10 MB"),
    ],
)
async def test_what_cannot_be_added_is_told_privately_in_one_line(
    world: World, index_worker: InProcessWorker, file: tuple[str, bytes], line: str
) -> None:
    text = said(await add(world, file))
    assert text.replace("\\/", "/").startswith(line)
    assert "\n" not in text
    assert seen(index_worker, world.guild.id) == {"High water"}


async def test_one_request_at_a_time_a_server_and_so_many_in_line(
    article_service: ArticleService, index_worker: InProcessWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.uploads.article_service._QUEUE_LIMIT", 2)
    begun, go_on = threading.Event(), threading.Event()

    def run(request: IndexRequest, progress: ProgressCallback) -> IndexResult:
        begun.set()
        assert go_on.wait(60)
        return IndexResult()

    monkeypatch.setattr(index_worker, "run", run)
    first = asyncio.create_task(article_service.run(IndexRequest("reindex", 1)))
    await asyncio.to_thread(begun.wait, 60)
    second = asyncio.create_task(article_service.run(IndexRequest("reindex", 2)))
    await asyncio.sleep(0)
    with pytest.raises(UploadError, match="still being worked on"):
        await article_service.run(IndexRequest("reindex", 1))
    with pytest.raises(UploadError, match="Too many servers wait"):
        await article_service.run(IndexRequest("reindex", 3))
    go_on.set()
    await asyncio.gather(first, second)
    await article_service.run(IndexRequest("reindex", 1))


async def test_several_files_are_each_told_of(world: World) -> None:
    text = said(await add(world, TALKS, ("a.pdf", b"%PDF"), ("copy.txt", TALKS[1])))
    first, second, third = text.split("\n")
    assert first == "Added **The talks**."
    assert second.startswith("a.pdf\\: not a kind")
    assert third == "**The talks** is already here."
    assert said(await add(world)).startswith("Nothing to add")


async def test_of_many_files_each_is_told_of_however_much_there_is_to_say(world: World) -> None:
    bad = "\n{" * 9
    files = [
        (f"{n}{'[x] ' * 24}.jsonl", f'{{"title": "T{n}", "text": "Words {n}."}}{bad}'.encode())
        for n in range(5)
    ]
    text = said(await add(world, *files))
    assert len(text) <= 2000
    assert [line[:13] for line in text.split("\n")] == [f"Added **T{n}**." for n in range(5)]
    good = b'{"title": "T", "text": "x"}'
    one = said(await add(world, ("[" * 100 + ".jsonl", b"{\n" * 9 + good)))
    assert one.startswith("Added **T**. Left out: ")


async def test_a_name_that_is_taken_says_what_gave_way(world: World) -> None:
    await add(world, ("plan.txt", b"Budget_x\n\nMoney."))
    text = said(await add(world, ("plan.txt", b"Holidays\n\nSun.")))
    assert text == "Updated **Holidays**, which took the place of **Budget\\_x**."
    assert "replaced “Budget\\_x” by “Holidays”" in said(await command(world, "log"))


async def test_a_hostile_title_does_nothing(world: World) -> None:
    text = said(await add(world, ("x.txt", f"{HOSTILE}\n\nWords.".encode())))
    assert "\\@everyone" in text
    assert "\\<\\@1" in text
    listed = said(await command(world, "list"))
    assert "\\[x\\](https\\:\\/\\/evil" in listed


@pytest.mark.parametrize("name", ["add", "list", "status", "reindex", "log", "remove"])
async def test_who_may_not_manage_the_server_is_told_so(world: World, name: str) -> None:
    assert f"articles {name}" not in world.reader.available_commands(world.channel)
    world.give_to_everyone("articles")
    options = {"article": "x"} if name == "remove" else {}
    refused = await world.reader.slash(world.channel, f"articles {name}", **options)
    assert "(Manage Server) can do that" in said(refused)
    assert refused.modal is None
    choices = await world.reader.autocomplete(world.channel, "articles remove", "article", "")
    assert choices == []
    world.expect_refusals()


async def test_a_right_that_was_taken_away_is_gone_from_what_is_open(
    world: World, index_worker: InProcessWorker
) -> None:
    await add(world, TALKS)
    removed = await command(world, "remove", article="The talks")
    form = await command(world, "add")
    assert removed.response is not None
    world.take_away_managing()
    clicked = await world.manager.click(removed.response.message, label="Undo")
    assert "(Manage Server) can do that" in said(clicked)
    sent = await world.manager.submit_modal(form, {"files": [TALKS]})
    assert "(Manage Server) can do that" in said(sent)
    assert seen(index_worker, world.guild.id) == {"High water"}


async def test_the_list_turns_its_pages_and_searches(
    world: World, index_worker: InProcessWorker
) -> None:
    rows = [
        article(f"a{n:02}", f"Words {n}.", title=f"Title {n:02}", date=f"2020-01-{n + 1:02}")
        for n in range(25)
    ]
    build(index_worker.library, index_worker.encoder, rows)
    await add(world, TALKS)
    shown = await command(world, "list")
    assert shown.response is not None
    message = shown.response
    lines = message.content.split("\n")
    assert lines[0] == "27 articles, 1 of this server · page 1 of 3"
    assert lines[1] == "- **ours** · The talks · 2022\\-03-29".replace("\\", "")
    assert lines[2] == "- High water · 2023-01-05"
    assert len(lines) == 1 + PAGE_SIZE
    turned = await world.manager.click(message.message, label="Next")
    assert turned.response is not None
    assert "page 2 of 3" in turned.response.content
    assert "Title 00" not in turned.response.content
    found = said(await command(world, "list", search="title 2"))
    assert found.split("\n")[0] == "7 articles with “title 2”, 0 of this server"
    assert said(await command(world, "list", search="nothing")) == "No articles with “nothing”."


async def test_removed_and_undone(world: World, index_worker: InProcessWorker) -> None:
    await add(world, TALKS)
    choices = await world.manager.autocomplete(world.channel, "articles remove", "article", "ta")
    (choice,) = choices
    assert choice["name"] == "The talks"
    removed = await command(world, "remove", article=choice["value"])
    assert said(removed) == "Removed **The talks**."
    assert seen(index_worker, world.guild.id) == {"High water"}
    again = await command(world, "remove", article="the TALKS")
    assert said(again).startswith("This server added no article named **the TALKS**")
    assert removed.response is not None
    message = removed.response.message
    back = await world.manager.click(message, label="Undo")
    assert back.response is not None
    assert back.response.content == "**The talks** is back."
    assert seen(index_worker, world.guild.id) == {"The talks", "High water"}
    assert said(await command(world, "remove", article="The talks")) == "Removed **The talks**."


async def test_a_removal_that_cannot_be_settled_is_told_and_tried_again(
    world: World,
    index_worker: InProcessWorker,
    monkeypatch: pytest.MonkeyPatch,
    simcord_bot: QuothClient,
) -> None:
    monkeypatch.setattr("bot.discord.uploads.article_service._SYNC_INTERVAL", 0.05)
    await add(world, TALKS)
    index_worker.trouble = LibraryError("another process is writing")
    removed = await command(world, "remove", article="The talks")
    assert removed.response is not None
    assert removed.response.message.content.endswith("it may still be quoted.")
    assert "**1** removed. Until" in said(await command(world, "status"))
    article_service = ArticleService(
        index_worker.store, index_worker.library, index_worker
    )  # as after a start
    with pytest.raises(LibraryError):
        await article_service.start_syncing()
    assert seen(index_worker, world.guild.id) == {"High water", "The talks"}
    index_worker.trouble = None
    async with asyncio.timeout(60):
        while "The talks" in seen(index_worker, world.guild.id):
            await asyncio.sleep(0.05)
    article_service.close()
    assert "removed" not in said(await command(world, "status"))


async def test_while_another_process_writes_what_is_said_is_true(
    world: World,
    index_worker: InProcessWorker,
    simcord_bot: QuothClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An update waits with its old words, and what was put back is not back yet."""
    monkeypatch.setattr("bot.discord.uploads.indexer._WRITER_TIMEOUT", 0.0)
    await add(world, TALKS)
    await add(world, ("other.txt", b"Other talks\n\nOther talks ended."))
    removed = await command(world, "remove", article="Other talks")
    assert removed.response is not None
    with writer_lock(index_worker.library):
        updated = said(await add(world, ("talks.txt", b"The talks\n\nThe talks failed.")))
        back = await world.manager.click(removed.response.message, label="Undo")
    assert updated.startswith("Kept, and not in the library yet, which is tried every minute")
    assert updated.endswith("Updated **The talks**.")
    assert back.response is not None
    line = "**Other talks** is kept again. Until the library is in step"
    assert back.response.content.startswith(line)
    assert "**2** of this server not indexed yet" in said(await command(world, "status"))
    lines = said(await command(world, "list")).split("\n")
    assert lines[0] == "3 articles, 2 of this server"
    assert {line.endswith("waits to be indexed") for line in lines[1:3]} == {True}
    await simcord_bot.article_service.start_syncing()  # as it does every minute
    assert "not indexed yet" not in said(await command(world, "status"))
    assert seen(index_worker, world.guild.id, "failed") >= {"The talks", "Other talks"}


async def test_the_archive_and_other_servers_are_out_of_reach(
    world: World, index_worker: InProcessWorker
) -> None:
    other = world.guild.id + 1
    uploads.add(index_worker.store, other, 9, [article("theirs", "Secret talks.", title="Theirs")])
    await world.manager.slash(world.channel, "articles reindex")
    assert said(await command(world, "list")) == (
        "1 article, 0 of this server\n- High water · 2023-01-05"
    )
    line = "This server added no article named **High water**. What is the archive's, only who"
    assert said(await command(world, "remove", article="High water")).startswith(line)
    refused = said(await command(world, "remove", article="Theirs"))
    assert refused.startswith("This server added no article")
    mine = own_article_id(other, "theirs")
    refused = said(await command(world, "remove", article=mine))
    assert refused.startswith("This server added no article")
    choices = await world.manager.autocomplete(world.channel, "articles remove", "article", "")
    assert choices == []
    assert "Theirs" not in said(await command(world, "log"))
    assert seen(index_worker, other) == {"High water", "Theirs"}


async def test_status_reindex_and_log(world: World, index_worker: InProcessWorker) -> None:
    assert said(await command(world, "log")) == "Nothing was changed in this server yet."
    await add(world, TALKS)
    status = said(await command(world, "status"))
    assert status.split("\n") == [
        "**1** of this server, which no other server sees",
        "**1** of the archive",
    ]
    kept = article("late", "The talks went on.", title="Late")
    uploads.add(index_worker.store, world.guild.id, world.manager.id, [kept])
    assert "**1** of this server not indexed yet" in said(await command(world, "status"))
    assert "waits to be indexed" in said(await command(world, "list"))
    done = await command(world, "reindex")
    assert said(done) == "Done: 2 articles of this server can be asked about."
    assert seen(index_worker, world.guild.id) == {"The talks", "Late", "High water"}
    log = said(await command(world, "log")).split("\n")
    assert len(log) == 3
    assert f"<@{world.manager.id}> added “Late”" in log[1]
    assert log[1].startswith("<t:")


async def test_what_was_removed_on_the_command_line_is_in_the_log(
    world: World, index_worker: InProcessWorker
) -> None:
    await add(world, TALKS)
    assert uploads.remove_as_operator(index_worker.store, own_article_id(world.guild.id, "talks"))
    assert "who runs the bot removed “The talks”" in said(await command(world, "log"))


async def test_an_error_is_a_line_with_a_reference(
    world: World, index_worker: InProcessWorker, caplog: pytest.LogCaptureFixture
) -> None:
    index_worker.trouble = LibraryError("/secret/library: the disk is full")
    text = said(await add(world, TALKS))
    assert text.startswith("The articles cannot be read just now (reference ")
    assert "secret" not in text
    reference = text.rpartition(" ")[2].rstrip(").")
    assert reference in caplog.text
    index_worker.trouble = None
    logging.getLogger().info("mended")
    assert said(await add(world, TALKS)) == "Added **The talks**."


async def test_a_start_indexes_what_was_left(
    simcord_bot: QuothClient, world: World, index_worker: InProcessWorker
) -> None:
    uploads.add(index_worker.store, world.guild.id, 9, [article("late", "Talks.", title="Late")])
    await simcord_bot._sync_uploads()
    assert seen(index_worker, world.guild.id) == {"Late", "High water"}
    assert len(index_worker.requests) == 1
    await simcord_bot._sync_uploads()
    assert len(index_worker.requests) == 1


async def test_the_undo_of_an_old_message_works_after_a_restart(
    world: World, index_worker: InProcessWorker, engine: Engine
) -> None:
    await add(world, TALKS)
    removed = await command(world, "remove", article="The talks")
    assert removed.response is not None
    article_service = ArticleService(index_worker.store, index_worker.library, index_worker)
    again = QuothClient(
        AnswerService(engine, index_worker.store),
        ServerSettingsStore(index_worker.store),
        article_service,
    )
    again.shard_count = 1
    await world.env.restart_bot(again)
    back = await world.manager.click(removed.response.message, label="Undo")
    assert back.response is not None
    assert back.response.content == "**The talks** is back."
    assert seen(index_worker, world.guild.id) == {"The talks", "High water"}
    twice = await world.manager.slash(world.channel, "articles log")
    assert said(twice).count("put back") == 1


async def test_what_others_keep_is_in_no_button_and_no_suggestion(
    world: World, engine: Engine, simcord_bot: QuothClient, index_worker: InProcessWorker
) -> None:
    theirs = article("x", "Secret.", source=own_source(7))
    mine = article("y", "Ours.", source=own_source(world.guild.id))
    rows = [theirs, mine, article("z", "All.", source="Tass")]
    engine.articles = {each.id: each for each in rows}
    build(index_worker.library, index_worker.encoder, rows)
    answer_service = simcord_bot.answer_service
    for server, seen_there in ((world.guild.id, mine), (None, None), (7, None)):
        assert await answer_service.article("y", server) == seen_there
        assert await answer_service.article_with(id_key("y"), server) == seen_there
    choices = await world.reader.autocomplete(world.channel, "ask", "source", "")
    assert [each["value"] for each in choices] == ["Tass"]


async def test_a_page_is_added_and_private_addresses_are_refused(
    world: World, index_worker: InProcessWorker, page: str
) -> None:
    assert said(await add(world, address=page)) == "Added **A page about talks**."
    assert "A page about talks" in seen(index_worker, world.guild.id)
    assert "A page about talks" not in seen(index_worker, world.guild.id + 1)
    index_worker.allow_private = False
    refused = said(await add(world, address=page))
    assert "127.0.0.1" in refused
    assert "\n" not in refused
    assert "not an address" in said(await add(world, address="file:///etc/passwd"))
