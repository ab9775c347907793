"""The libraries that the contract is tested with: a folder, and what Milvus servers there are."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.library.location import Location
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.server import CONNECTION
from tests.support.encoders import ScatteredEncoder
from tests.support.milvus_servers import TestServer, is_there

_names = itertools.count()


@pytest.fixture(scope="session", params=["local", "milvus-lite", "milvus"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestServer | None]:
    """A server for all tests of its kind; None is a library in a folder."""
    if request.param == "local":
        yield None
        return
    if not is_there(request.param):
        pytest.skip(f"no {request.param} is installed; see tests/support/milvus_servers.py")
    started = TestServer(request.param, tmp_path_factory.mktemp(request.param))
    started.start()
    yield started
    started.remove()


@pytest.fixture
def place(server: TestServer | None, tmp_path: Path) -> Iterator[Location]:
    """Where a test's library goes; nothing is there yet."""
    if server is None:
        yield tmp_path / "library"
        return
    there = MilvusLocation("127.0.0.1", server.port, f"contract_{next(_names)}")
    yield there
    drop(there)


@pytest.fixture
def milvus(place: Location) -> MilvusLocation:
    """The same, for what only a server can do."""
    if isinstance(place, Path):
        pytest.skip("of servers alone")
    assert isinstance(place, MilvusLocation)
    return place


@pytest.fixture
def encoder() -> ScatteredEncoder:
    """An encoder without ties, which remembers what it encoded."""
    return ScatteredEncoder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for a test's files."""
    path = tmp_path / "articles"
    path.mkdir()
    return path


def drop(place: MilvusLocation) -> None:
    """Remove a library from its server."""
    from pymilvus import MilvusClient

    client = MilvusClient(f"http://{place.host}:{place.port}", timeout=20, **CONNECTION)
    for name in client.list_collections():
        if name.startswith(f"{place.name}_"):
            client.drop_collection(name)
    client.close()
