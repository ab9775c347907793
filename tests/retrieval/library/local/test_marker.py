"""``quoth.json`` names editions, and nothing else: what it names is written, and removed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import LibraryError
from retrieval.library.local import folder
from retrieval.library.local.rebuild import rebuild
from retrieval.library.progress import Reporter
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder

HOSTILE = ["../victim", "..", ".", "", "/", "1/../../victim", "1\0", "01", "-1", "1e3", "9" * 40, 1]


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    file = tmp_path / "victim" / "thesis.txt"
    file.parent.mkdir()
    file.write_text("mine")
    return file


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("key", ["edition", "previous"])
def test_what_is_no_edition_is_damage_and_is_not_touched(
    library: Path, victim: Path, encoder: ReadableEncoder, key: str, name: object
) -> None:
    build(library, encoder, [article("a", "The king spoke.")])
    there = {each: each.read_bytes() for each in library.rglob("*") if each.is_file()}
    marker = {"format": 1, "edition": "1", key: name}
    (library / "quoth.json").write_text(json.dumps(marker))
    for write in (
        lambda: rebuild(library, encoder, Reporter()),
        lambda: build(library, encoder, [article("b", "The queen spoke.")]),
    ):
        with pytest.raises(LibraryError, match=r"quoth\.json: damaged; restore it") as error:
            write()
        assert len(str(error.value).splitlines()) == 1
    assert victim.read_text() == "mine"
    assert {each for each in there if not each.exists()} == set()


def test_an_edition_is_not_the_one_before_itself(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, [article("a", "The king spoke.")])
    (library / "quoth.json").write_text('{"format": 1, "edition": "1", "previous": "1"}')
    with pytest.raises(LibraryError, match="damaged"):
        rebuild(library, encoder, Reporter())
    assert (library / "1" / "truth.sqlite").exists()


def test_a_folder_that_is_no_edition_is_never_removed(
    library: Path, encoder: ReadableEncoder
) -> None:
    build(library, encoder, [article("a", "The king spoke.")])
    for number in ("2", "3"):
        (library / number).mkdir()
        (library / number / "thesis.txt").write_text("mine")
    (library / "quoth.json").write_text('{"format": 1, "edition": "1", "previous": "2"}')
    rebuild(library, encoder, Reporter())
    assert (library / "2" / "thesis.txt").read_text() == "mine"
    assert (library / "3" / "thesis.txt").read_text() == "mine"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("edition"), inner),
        max_leaves=8,
    )
    | st.fixed_dictionaries(
        {"format": st.integers() | st.floats() | st.text(), "edition": st.text() | st.integers()}
    )
)
def test_whatever_stands_in_it_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    library = tmp_path_factory.mktemp("library")
    (library / "quoth.json").write_text(json.dumps(value))
    try:
        found = folder.editions(library)
    except LibraryError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert found.current.folder.parent == library


def test_nesting_without_end_is_told(library: Path) -> None:
    library.mkdir()
    (library / "quoth.json").write_text("[" * 200_000)
    with pytest.raises(LibraryError, match="damaged"):
        folder.editions(library)
