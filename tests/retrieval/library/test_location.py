"""Where a library is, as a setting names it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.library.location import as_setting, is_address
from retrieval.library.milvus.location import MilvusLocation, parse_address

TOKEN = "t0ken"  # noqa: S105 - nobody's
HOSTS = st.sampled_from(["localhost", "10.0.0.1", "vectors.example", "[::1]"])


@given(
    host=HOSTS,
    port=st.integers(1, 65_535),
    tls=st.booleans(),
    user=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    password=st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=20),
)
def test_an_address_is_read_as_it_is_written_and_shows_no_secret(
    host: str, port: int, tls: bool, user: str, password: str
) -> None:
    secret = f"secret-{password}" if user else ""
    place = MilvusLocation(host, port, "news", tls, user, secret)
    assert is_address(as_setting(place))
    assert parse_address(as_setting(place)) == place
    for shown in (str(place), repr(place)):
        assert "secret" not in shown
        assert host in shown and "news" in shown


def test_the_port_has_a_default_and_a_token_is_for_those_without_a_user() -> None:
    assert parse_address("milvus://host/news", TOKEN).token == TOKEN
    assert parse_address("milvus://host/news").port == 19_530
    assert parse_address("milvus://me:pass@host/news", TOKEN).token == ""
    assert TOKEN not in repr(parse_address("milvus://host/news", TOKEN))


@pytest.mark.parametrize(
    "bad",
    ["milvus://", "milvus://host", "milvus://host/", "milvus://me@host/news", "milvus://h:0/news",
     "milvus://h:65536/news", "milvus://h/n-1", "milvus://h/1", "milvus://me:secret@h:p/news",
     "milvus://h/news?replicas=2", "milvus://h/" + "n" * 201],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_its_secret(bad: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_address(bad)
    assert "secret" not in str(refused.value)
